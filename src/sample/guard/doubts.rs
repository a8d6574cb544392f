//! Here are wishes, tell me beforehand if nothing can keep them, and why.

use super::phrase::Phrase;
use super::wishes::{Guard, Role};
use super::writing::Scene;
use crate::error::{Error, ErrorKind, Result};
use crate::token::TokenId;

impl Guard<'_> {
    /// Refuses wishes that no text can keep.
    pub(in crate::sample) fn check(&self, scene: &Scene) -> Result<()> {
        if let Some((text, start)) = &self.start {
            self.keeps("start with", text, scene.context, start)?;
        }
        for wish in self.phrases.iter().filter(|wish| wish.role != Role::Never) {
            let asked = match wish.role {
                Role::End => "end with",
                _ => "contain",
            };
            let keeps = |phrase: &Phrase| self.keeps(asked, &wish.text, &[], phrase.tokens());
            let refused: Vec<Error> = wish
                .phrases
                .iter()
                .map(keeps)
                .filter_map(Result::err)
                .collect();
            // One spelling will do.
            if refused.len() == wish.phrases.len() {
                return refused.into_iter().next().map_or(Ok(()), Err);
            }
        }
        self.has_room(scene)
    }

    /// Refuses a phrase that breaks another wish by itself.
    fn keeps(&self, asked: &str, text: &str, before: &[TokenId], phrase: &[TokenId]) -> Result<()> {
        let mut place = self.after(before);
        for &token in phrase {
            if let Some(wish) = self.broken_within(&place, token) {
                let what = format!(
                    "no text can {asked} '{text}': it would have {}",
                    self.forbidden(wish)
                );
                return Err(Error::new(ErrorKind::Usage, what)
                    .at("the wishes")
                    .way_out("give up one of the two"));
            }
            self.push(&mut place, token);
        }
        Ok(())
    }

    /// Refuses wishes that are longer than the text may be.
    fn has_room(&self, scene: &Scene) -> Result<()> {
        let place = self.after(scene.context);
        let (fewest, most) = (self.at_least(&place), scene.limits.max_tokens);
        if fewest <= most {
            return Ok(());
        }
        let what = format!(
            "the wishes take {fewest} tokens at least, with the sentence's end, and there may be {most}"
        );
        Err(Error::new(ErrorKind::Usage, what)
            .at(format!("--max-tokens {most}"))
            .way_out(format!("give --max-tokens {fewest} or more")))
    }
}
