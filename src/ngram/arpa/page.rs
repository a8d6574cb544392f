//! Here are bytes, a few at a time, give me the text they make.
//!
//! What goes into an ARPA file goes in by a few bytes at once: a word, a number. To
//! copy so few with their exact length takes longer than to copy a block of
//! known length, of which only the first bytes count. So a page has room beyond
//! its text, and whoever has a block lays down all of it.

/// How many bytes are laid down at once.
const BLOCK: usize = 16;

/// How many bytes of a page are copied to another at once.
const SPAN: usize = 32;

/// A short text: its bytes, and in the last byte how many they are. A longer one leaves it empty.
#[derive(Clone, Copy, Default)]
#[repr(align(16))]
pub(super) struct Block([u8; BLOCK]);

impl Block {
    /// A text and the byte that ends it; empty if they are too long.
    pub(super) fn new(text: &[u8], end: u8) -> Self {
        let mut block = [0; BLOCK];
        let len = text.len() + 1;
        if len < BLOCK {
            block[..text.len()].copy_from_slice(text);
            block[text.len()] = end;
            block[BLOCK - 1] = len as u8;
        }
        Block(block)
    }

    /// True if it holds no text.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0[BLOCK - 1] == 0
    }
}

/// Text in the making; once cleared, its memory serves again.
#[derive(Default)]
pub(super) struct Page {
    /// The text, and room beyond it.
    bytes: Vec<u8>,
    len: usize,
}

impl Page {
    /// Forgets the text.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Forgets the text beyond its first so many bytes.
    #[inline]
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// How many bytes the text has.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The text.
    pub(super) fn text(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Adds a block's text.
    #[inline]
    pub(super) fn put_block(&mut self, block: &Block) {
        self.room(BLOCK).copy_from_slice(&block.0);
        self.len += usize::from(block.0[BLOCK - 1]);
    }

    /// Adds some bytes.
    #[inline]
    pub(super) fn put(&mut self, text: &[u8]) {
        let room = self.room(text.len());
        // Two halves that may overlap are copied at once each; most numbers are so long.
        match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
            (Some(first), Some(last)) if text.len() <= 16 => {
                room[..8].copy_from_slice(first);
                room[text.len() - 8..].copy_from_slice(last);
            }
            _ => room.copy_from_slice(text),
        }
        self.len += text.len();
    }

    /// The text from a place on as a block; empty if it is too long.
    #[inline]
    pub(super) fn block_from(&mut self, start: usize) -> Block {
        let len = self.len - start;
        if len >= BLOCK {
            return Block::default();
        }
        // All of it at once; what lies beyond the text does not count.
        self.room(BLOCK);
        let mut block = Block(*self.bytes[start..].first_chunk().expect("there is room"));
        block.0[BLOCK - 1] = len as u8;
        block
    }

    /// Adds another page's text.
    #[inline]
    pub(super) fn put_page(&mut self, page: &Page) {
        let spans = page.len.div_ceil(SPAN);
        let text = &page.bytes.as_chunks::<SPAN>().0[..spans];
        let room = self.room(spans * SPAN).as_chunks_mut().0;
        for (place, span) in room.iter_mut().zip(text) {
            *place = *span;
        }
        self.len += page.len;
    }

    /// Puts another byte in the place of the last.
    #[inline]
    pub(super) fn replace_last(&mut self, byte: u8) {
        self.bytes[self.len - 1] = byte;
    }

    /// The next `length` bytes beyond the text.
    #[inline]
    fn room(&mut self, length: usize) -> &mut [u8] {
        let end = self.len + length;
        if end > self.bytes.len() {
            self.grow(end);
        }
        &mut self.bytes[self.len..end]
    }

    #[cold]
    fn grow(&mut self, end: usize) {
        let end = end.max(2 * self.bytes.len());
        self.bytes.resize(end.next_multiple_of(SPAN), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_every_length_follow_one_another() {
        let source: Vec<u8> = (0..100).collect();
        let (mut page, mut other, mut plain) = (Page::default(), Page::default(), Vec::new());
        for length in (0..100).chain(0..100) {
            page.put(&source[..length]);
            plain.extend_from_slice(&source[..length]);
            let block = Block::new(&source[..length], b'!');
            assert_eq!(block.is_empty(), length >= 15);
            let before = page.len();
            page.put_block(&block);
            if length < 15 {
                let copy = page.block_from(before);
                page.truncate(before);
                page.put_block(&copy);
            }
            if length < 15 {
                plain.extend_from_slice(&source[..length]);
                plain.push(b'!');
            }
            other.clear();
            other.put(&source);
            other.truncate(length);
            assert_eq!(other.len(), length);
            page.put_page(&other);
            plain.extend_from_slice(&source[..length]);
        }
        page.replace_last(7);
        *plain.last_mut().unwrap() = 7;
        assert_eq!(page.text(), plain);
        page.clear();
        page.put(b"again");
        assert_eq!(page.text(), b"again");
    }
}
