//! `instr`, `hex`, `GLOB` and `LIKE … ESCAPE`, after `func.c`.

use std::fmt::Write as _;

/// Place of the first occurrence in characters, from 1; 0 when there is none.
pub(super) fn place(text: &str, part: &str) -> i64 {
    match text.find(part) {
        Some(at) => text[..at].chars().count() as i64 + 1,
        None => 0,
    }
}

/// Bytes as pairs of upper-case digits.
pub(super) fn hexadecimal(text: &str) -> String {
    let mut digits = String::with_capacity(2 * text.len());
    for byte in text.bytes() {
        write!(digits, "{byte:02X}").expect("a String takes all text");
    }
    digits
}

/// Whether `text GLOB pattern` holds: `*` any text, `?` one character, `[…]` one of a set.
pub(super) fn glob(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    matches_glob(&text, &pattern)
}

fn matches_glob(text: &[char], pattern: &[char]) -> bool {
    let mut retry: Option<(usize, usize)> = None;
    let (mut at, mut wanted) = (0, 0);
    loop {
        let step = match (pattern.get(wanted), text.get(at)) {
            (None, None) => return true,
            (Some('*'), _) => {
                retry = Some((at, wanted + 1));
                wanted += 1;
                continue;
            }
            (Some('?'), Some(_)) => Some(1),
            (Some('['), Some(c)) => set(&pattern[wanted..], *c),
            (Some(p), Some(c)) if p == c => Some(1),
            _ => None,
        };
        match step {
            Some(length) => {
                at += 1;
                wanted += length;
            }
            None => {
                let Some((taken, after)) = retry.filter(|(taken, _)| *taken < text.len()) else {
                    return false;
                };
                retry = Some((taken + 1, after));
                (at, wanted) = (taken + 1, after);
            }
        }
    }
}

/// Length of a set of characters that holds `c`; none when it does not, or is not closed.
fn set(pattern: &[char], c: char) -> Option<usize> {
    let mut at = 1;
    let inverted = pattern.get(at) == Some(&'^');
    at += usize::from(inverted);
    let mut seen = false;
    let mut before: Option<char> = None;
    if pattern.get(at) == Some(&']') {
        seen = c == ']';
        at += 1;
    }
    loop {
        match pattern.get(at)? {
            ']' => break,
            '-' if before.is_some() && !matches!(pattern.get(at + 1), None | Some(']')) => {
                let last = *pattern.get(at + 1)?;
                seen |= before.is_some_and(|first| (first..=last).contains(&c));
                before = None;
                at += 2;
            }
            own => {
                seen |= *own == c;
                before = Some(*own);
                at += 1;
            }
        }
    }
    (seen != inverted).then_some(at + 1)
}

/// Whether `text LIKE pattern ESCAPE escape` holds; none when `escape` is not one character.
pub(super) fn like_escape(text: &str, pattern: &str, escape: &str) -> Option<bool> {
    let mut characters = escape.chars();
    let (Some(escape), None) = (characters.next(), characters.next()) else {
        return None;
    };
    let text: Vec<char> = text.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut wanted: Vec<Part> = Vec::new();
    let mut pattern = pattern.chars();
    while let Some(c) = pattern.next() {
        wanted.push(match c {
            c if c == escape => Part::One(pattern.next()?.to_ascii_lowercase()),
            '%' => Part::Many,
            '_' => Part::Any,
            c => Part::One(c.to_ascii_lowercase()),
        });
    }
    let mut retry: Option<(usize, usize)> = None;
    let (mut at, mut part) = (0, 0);
    while at < text.len() {
        match wanted.get(part) {
            Some(Part::Many) => {
                retry = Some((at, part + 1));
                part += 1;
            }
            Some(Part::Any) => {
                at += 1;
                part += 1;
            }
            Some(Part::One(c)) if *c == text[at] => {
                at += 1;
                part += 1;
            }
            _ => {
                let Some((taken, after)) = retry else {
                    return Some(false);
                };
                retry = Some((taken + 1, after));
                (at, part) = (taken + 1, after);
            }
        }
    }
    Some(wanted[part..].iter().all(|part| matches!(part, Part::Many)))
}

enum Part {
    Many,
    Any,
    One(char),
}
