//! Here is a vocabulary, give me its tokens as ARPA can hold them.
//!
//! White space parts the fields of an ARPA line, so a token that holds some is
//! spelled differently; two that would then be spelled alike are refused.
//!
//! Tokens are asked for in no order that a memory could foresee. So each has a block, in which all
//! but the longest lie whole: one place to wait for, not three (where it starts, where it ends,
//! what it is).

use std::borrow::Cow;

use hashbrown::HashSet;
use rayon::prelude::*;

use super::page::{Block, Page};
use crate::error::{Error, ErrorKind, Result};
use crate::pages::prefetch;
use crate::token::{TokenId, Vocabulary};

/// The surfaces as ARPA can hold them.
pub(in crate::ngram) struct Spelling<'v> {
    vocabulary: &'v Vocabulary,
    /// By id, each with a blank after it.
    blocks: Vec<Block>,
    /// How many are spelled differently.
    pub(in crate::ngram) changed: usize,
}

impl<'v> Spelling<'v> {
    /// # Errors
    /// If two surfaces would be spelled alike.
    pub(in crate::ngram) fn new(vocabulary: &'v Vocabulary) -> Result<Self> {
        let ids = 0..vocabulary.len() as u32;
        let surface = |id: u32| spell(vocabulary.surface(TokenId(id)));
        let is_changed = |id: &u32| matches!(surface(*id), Cow::Owned(_));
        let changed = ids.clone().into_par_iter().filter(is_changed).count();
        if changed > 0 {
            let different: HashSet<Cow<[u8]>> = ids.clone().map(surface).collect();
            if different.len() < vocabulary.len() {
                let what =
                    "two tokens would be spelled alike in ARPA, such as a space and '<0x20>'";
                return Err(Error::new(ErrorKind::Model, what)
                    .way_out("build with --tokenizer words or whitespace to export"));
            }
        }
        let block = |id| Block::new(&surface(id), b' ');
        Ok(Spelling {
            vocabulary,
            blocks: ids.into_par_iter().map(block).collect(),
            changed,
        })
    }

    /// Says that a token will soon be put.
    #[inline]
    pub(super) fn expect(&self, token: TokenId) {
        prefetch(&self.blocks, token.index());
    }

    /// Adds a token and a blank to the page.
    #[inline]
    pub(super) fn put(&self, token: TokenId, page: &mut Page) {
        let block = &self.blocks[token.index()];
        if block.is_empty() {
            self.put_long(token, page);
        } else {
            page.put_block(block);
        }
    }

    #[cold]
    fn put_long(&self, token: TokenId, page: &mut Page) {
        page.put(&spell(self.vocabulary.surface(token)));
        page.put(b" ");
    }
}

/// White space and control bytes inside a token as `<0xHH>`; the empty token as `<0x>`.
fn spell(surface: &[u8]) -> Cow<'_, [u8]> {
    let fits = |byte: &u8| *byte > b' ' && *byte != 0x7F;
    if !surface.is_empty() && surface.iter().all(fits) {
        return Cow::Borrowed(surface);
    }
    if surface.is_empty() {
        return Cow::Owned(b"<0x>".to_vec());
    }
    let mut out = Vec::new();
    for byte in surface {
        match fits(byte) {
            true => out.push(*byte),
            false => out.extend_from_slice(format!("<0x{byte:02X}>").as_bytes()),
        }
    }
    Cow::Owned(out)
}
