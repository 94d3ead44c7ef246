//! The `str` methods whose results differ from SQL's functions of the same purpose.
//!
//! `strip` drops every white space, not only blanks; `title` starts a word after every uncased
//! character (`"it's"` becomes `"It'S"`). Unicode tables are those of the Rust release (15 or later)
//! where CPython 3.11 has 14; the difference is letters of scripts added since.

use crate::title_case::{title_cased_letter, titlecase_mapping};

/// Whether `str.isspace` holds for the character; `strip` and `split` use the same set.
pub fn python_is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Strips white space from both ends as `str.strip` does.
pub fn python_strip(text: &str) -> &str {
    text.trim_matches(python_is_space)
}

/// Converts as `str.upper` does.
pub fn python_upper(text: &str) -> String {
    text.to_uppercase()
}

/// Converts as `str.lower` does, final sigma included.
pub fn python_lower(text: &str) -> String {
    text.to_lowercase()
}

/// Cuts as `text[start:end]` does; positions count code points, negative ones from the end.
pub fn python_slice(text: &str, start: Option<i64>, end: Option<i64>) -> String {
    let length = text.chars().count() as i64;
    let position = |bound: i64| {
        let from_start = if bound < 0 {
            bound.saturating_add(length)
        } else {
            bound
        };
        from_start.clamp(0, length) as usize
    };
    let start = start.map_or(0, position);
    let end = end.map_or(length as usize, position);
    text.chars()
        .skip(start)
        .take(end.saturating_sub(start))
        .collect()
}

/// Converts as `str.title` does.
pub fn python_title(text: &str) -> String {
    let mut titled = String::with_capacity(text.len());
    let lowered_sigma = |at: usize| {
        let after = &text[at + 'Σ'.len_utf8()..];
        let cased_before = text[..at]
            .chars()
            .rev()
            .find(|c| !case_ignorable(*c))
            .is_some_and(cased);
        let cased_after = after
            .chars()
            .find(|c| !case_ignorable(*c))
            .is_some_and(cased);
        if cased_before && !cased_after {
            'ς'
        } else {
            'σ'
        }
    };
    let mut inside_word = false;
    for (at, c) in text.char_indices() {
        if !inside_word {
            match titlecase_mapping(c) {
                Some(mapped) => titled.push_str(mapped),
                None if title_cased_letter(c) || georgian(c) => titled.push(c),
                None => titled.extend(c.to_uppercase()),
            }
        } else if c == 'Σ' {
            titled.push(lowered_sigma(at));
        } else {
            titled.extend(c.to_lowercase());
        }
        inside_word = cased(c);
    }
    titled
}

fn cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || title_cased_letter(c)
}

/// Georgian letters have upper case forms, but their title case is the letter itself.
fn georgian(c: char) -> bool {
    matches!(c, '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}')
}

/// Characters that do not end a word for the final sigma rule: marks, apostrophes and the like.
fn case_ignorable(c: char) -> bool {
    matches!(
        c,
        '\'' | '.' | ':' | '^' | '`' | '\u{a8}' | '\u{ad}' | '\u{af}' | '\u{b4}' | '\u{b7}' | '\u{b8}' | '\u{2b0}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{2018}' | '\u{2019}' | '\u{200b}'..='\u{200f}'
    )
}
