//! Here is a text, tell me which pieces it begins with.

/// Pieces by their bytes.
pub(super) struct Trie {
    nodes: Vec<Node>,
}

#[derive(Default)]
struct Node {
    /// What follows, by its byte, in order.
    children: Vec<(u8, u32)>,
    piece: Option<u32>,
}

impl Trie {
    /// Of pieces and their ids; of equal ones the last stays.
    pub(super) fn of<'p>(pieces: impl Iterator<Item = (&'p [u8], u32)>) -> Self {
        let mut nodes = vec![Node::default()];
        for (piece, id) in pieces {
            let mut at = 0;
            for &byte in piece {
                let found = nodes[at]
                    .children
                    .binary_search_by_key(&byte, |child| child.0);
                at = match found {
                    Ok(child) => nodes[at].children[child].1 as usize,
                    Err(child) => {
                        let new = nodes.len();
                        nodes[at].children.insert(child, (byte, new as u32));
                        nodes.push(Node::default());
                        new
                    }
                };
            }
            nodes[at].piece = Some(id);
        }
        Trie { nodes }
    }

    /// The pieces that the text begins with, shortest first, each with its length.
    pub(super) fn prefixes(&self, text: &[u8]) -> impl Iterator<Item = (usize, u32)> {
        let mut at = Some(0);
        text.iter()
            .enumerate()
            .map_while(move |(place, byte)| {
                let node = &self.nodes[at?];
                let found = node.children.binary_search_by_key(byte, |child| child.0);
                at = found.ok().map(|child| node.children[child].1 as usize);
                Some((place + 1, self.nodes[at?].piece))
            })
            .filter_map(|(length, piece)| Some((length, piece?)))
    }

    /// The longest piece that the text begins with, and its length.
    pub(super) fn longest(&self, text: &[u8]) -> Option<(usize, u32)> {
        self.prefixes(text).last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_a_text_begins_with_is_found() {
        let pieces = ["a", "abc", "b", "ab"];
        let trie = Trie::of(
            pieces
                .iter()
                .zip(0..)
                .map(|(piece, id)| (piece.as_bytes(), id)),
        );
        let found = |text: &str| trie.prefixes(text.as_bytes()).collect::<Vec<_>>();
        assert_eq!(found("abcd"), [(1, 0), (2, 3), (3, 1)]);
        assert_eq!(found("abx"), [(1, 0), (2, 3)]);
        assert_eq!(found("xa"), []);
        assert_eq!(trie.longest(b"abd"), Some((2, 3)));
        assert_eq!(Trie::of(std::iter::empty()).longest(b"a"), None);
    }
}
