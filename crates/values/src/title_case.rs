//! Where title case is not upper case, by `chr(c).title() != chr(c).upper()` in CPython 3.11.
//!
//! Rust has no title case mapping; the exceptions are few enough to list.

/// Whether the character is in category Lt: already a title-case letter.
pub(crate) fn title_cased_letter(c: char) -> bool {
    matches!(
        c,
        '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}' | '\u{1f88}'..='\u{1f8f}' | '\u{1f98}'..='\u{1f9f}' | '\u{1fa8}'..='\u{1faf}' | '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}'
    )
}

/// Title case of a character when it is neither its upper case nor itself.
pub(crate) fn titlecase_mapping(c: char) -> Option<&'static str> {
    let found = TITLE_CASES
        .binary_search_by_key(&c, |(letter, _)| *letter)
        .ok()?;
    Some(TITLE_CASES[found].1)
}

const TITLE_CASES: &[(char, &str)] = &[
    ('\u{00DF}', "\u{0053}\u{0073}"),
    ('\u{01C4}', "\u{01C5}"),
    ('\u{01C6}', "\u{01C5}"),
    ('\u{01C7}', "\u{01C8}"),
    ('\u{01C9}', "\u{01C8}"),
    ('\u{01CA}', "\u{01CB}"),
    ('\u{01CC}', "\u{01CB}"),
    ('\u{01F1}', "\u{01F2}"),
    ('\u{01F3}', "\u{01F2}"),
    ('\u{0587}', "\u{0535}\u{0582}"),
    ('\u{1F80}', "\u{1F88}"),
    ('\u{1F81}', "\u{1F89}"),
    ('\u{1F82}', "\u{1F8A}"),
    ('\u{1F83}', "\u{1F8B}"),
    ('\u{1F84}', "\u{1F8C}"),
    ('\u{1F85}', "\u{1F8D}"),
    ('\u{1F86}', "\u{1F8E}"),
    ('\u{1F87}', "\u{1F8F}"),
    ('\u{1F90}', "\u{1F98}"),
    ('\u{1F91}', "\u{1F99}"),
    ('\u{1F92}', "\u{1F9A}"),
    ('\u{1F93}', "\u{1F9B}"),
    ('\u{1F94}', "\u{1F9C}"),
    ('\u{1F95}', "\u{1F9D}"),
    ('\u{1F96}', "\u{1F9E}"),
    ('\u{1F97}', "\u{1F9F}"),
    ('\u{1FA0}', "\u{1FA8}"),
    ('\u{1FA1}', "\u{1FA9}"),
    ('\u{1FA2}', "\u{1FAA}"),
    ('\u{1FA3}', "\u{1FAB}"),
    ('\u{1FA4}', "\u{1FAC}"),
    ('\u{1FA5}', "\u{1FAD}"),
    ('\u{1FA6}', "\u{1FAE}"),
    ('\u{1FA7}', "\u{1FAF}"),
    ('\u{1FB2}', "\u{1FBA}\u{0345}"),
    ('\u{1FB3}', "\u{1FBC}"),
    ('\u{1FB4}', "\u{0386}\u{0345}"),
    ('\u{1FB7}', "\u{0391}\u{0342}\u{0345}"),
    ('\u{1FC2}', "\u{1FCA}\u{0345}"),
    ('\u{1FC3}', "\u{1FCC}"),
    ('\u{1FC4}', "\u{0389}\u{0345}"),
    ('\u{1FC7}', "\u{0397}\u{0342}\u{0345}"),
    ('\u{1FF2}', "\u{1FFA}\u{0345}"),
    ('\u{1FF3}', "\u{1FFC}"),
    ('\u{1FF4}', "\u{038F}\u{0345}"),
    ('\u{1FF7}', "\u{03A9}\u{0342}\u{0345}"),
    ('\u{FB00}', "\u{0046}\u{0066}"),
    ('\u{FB01}', "\u{0046}\u{0069}"),
    ('\u{FB02}', "\u{0046}\u{006C}"),
    ('\u{FB03}', "\u{0046}\u{0066}\u{0069}"),
    ('\u{FB04}', "\u{0046}\u{0066}\u{006C}"),
    ('\u{FB05}', "\u{0053}\u{0074}"),
    ('\u{FB06}', "\u{0053}\u{0074}"),
    ('\u{FB13}', "\u{0544}\u{0576}"),
    ('\u{FB14}', "\u{0544}\u{0565}"),
    ('\u{FB15}', "\u{0544}\u{056B}"),
    ('\u{FB16}', "\u{054E}\u{0576}"),
    ('\u{FB17}', "\u{0544}\u{056D}"),
];
