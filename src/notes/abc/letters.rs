//! Here are the letters that stand for decorations, both ways.

/// The letters that are decorations unless a tune says otherwise (ABC standard 2.1, 4.14).
pub(super) const LETTERS: [(char, &str); 12] = [
    ('.', "staccato"),
    ('~', "roll"),
    ('H', "fermata"),
    ('J', "slide"),
    ('L', "accent"),
    ('M', "lowermordent"),
    ('O', "coda"),
    ('P', "uppermordent"),
    ('S', "segno"),
    ('T', "trill"),
    ('u', "upbow"),
    ('v', "downbow"),
];

/// The letter of a decoration, if it has one.
pub(super) fn letter(name: &str) -> Option<char> {
    let found = LETTERS.iter().find(|(_, known)| *known == name);
    found.map(|&(letter, _)| letter)
}
