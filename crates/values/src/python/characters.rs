//! Which characters are letters, digits or cased, where that is certain.
//!
//! CPython 3.11 has the tables of Unicode 14. For Latin, Greek and Cyrillic letters nothing has changed since,
//! and the recorded table of the tests shows that both agree; a character beyond makes the answer an error.

use crate::PythonError;

/// First code point whose properties are not asked here.
const KNOWN_UNTIL: u32 = 0x0500;

/// The character, when its properties are known.
fn known(c: char) -> Result<char, PythonError> {
    // U+0295 has changed its case since.
    if u32::from(c) < KNOWN_UNTIL && u32::from(c) != 0x295 {
        return Ok(c);
    }
    Err(PythonError::Unmodelled(format!(
        "what kind of character U+{:04X} is",
        u32::from(c)
    )))
}

/// `c.isalpha()`: a letter by its general category.
pub(super) fn letter(c: char) -> Result<bool, PythonError> {
    // Combining marks that belong to words are alphabetic to Unicode, but no letters.
    Ok(known(c)?.is_alphabetic() && !matches!(u32::from(c), 0x345 | 0x363..=0x36F))
}

/// `c.isdecimal()`.
pub(super) fn decimal(c: char) -> Result<bool, PythonError> {
    Ok(known(c)?.is_ascii_digit())
}

/// `c.isdigit()`: superscripts, too.
pub(super) fn digit(c: char) -> Result<bool, PythonError> {
    Ok(known(c)?.is_ascii_digit() || matches!(c, '²' | '³' | '¹'))
}

/// `c.isnumeric()`: fractions, too.
pub(super) fn numeric(c: char) -> Result<bool, PythonError> {
    Ok(digit(c)? || matches!(c, '¼' | '½' | '¾'))
}

/// Whether every character is of the kind, and there is one.
pub(super) fn all(
    text: &str,
    kind: impl Fn(char) -> Result<bool, PythonError>,
) -> Result<bool, PythonError> {
    for c in text.chars() {
        if !kind(c)? {
            return Ok(false);
        }
    }
    Ok(!text.is_empty())
}

/// `text.isupper()` or `text.islower()`: there is a cased character and none of the other case.
pub(super) fn one_case(text: &str, upper: bool) -> Result<bool, PythonError> {
    let mut found = false;
    for c in text.chars() {
        let c = known(c)?;
        // Letters of title case, such as U+01C5, are of neither.
        let titled = matches!(u32::from(c), 0x1C5 | 0x1C8 | 0x1CB | 0x1F2);
        if titled || (upper && c.is_lowercase()) || (!upper && c.is_uppercase()) {
            return Ok(false);
        }
        found |= if upper {
            c.is_uppercase()
        } else {
            c.is_lowercase()
        };
    }
    Ok(found)
}

/// The text, when all its characters are known.
pub(super) fn known_text(text: &str) -> Result<&str, PythonError> {
    for c in text.chars() {
        known(c)?;
    }
    Ok(text)
}

/// Whether `repr` prints the character as it is.
pub(super) fn printable(c: char) -> Result<bool, PythonError> {
    let c = known(c)?;
    Ok(!c.is_control()
        && !matches!(
            u32::from(c),
            0xA0 | 0xAD | 0x378 | 0x379 | 0x380..=0x383 | 0x38B | 0x38D | 0x3A2
        ))
}
