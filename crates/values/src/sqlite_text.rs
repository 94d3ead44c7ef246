//! SQLite's text functions, where Python's of the same purpose differ: `substr`, `LIKE`.
//!
//! Both follow `func.c`: `substrFunc` counts from 1, and its position 0 takes one character less than
//! asked; `patternCompare` folds the case of ASCII letters only.

/// Cuts as `substr(text, start, length)` does; without a length, to the end.
pub fn sqlite_substr(text: &str, start: i64, length: Option<i64>) -> String {
    let characters = text.chars().count() as i64;
    let backwards = length.is_some_and(|length| length < 0);
    let mut count = length.map_or(i64::MAX, i64::saturating_abs);
    let mut first = start;
    if first < 0 {
        first = first.saturating_add(characters);
        if first < 0 {
            count = count.saturating_add(first).max(0);
            first = 0;
        }
    } else if first > 0 {
        first -= 1;
    } else if count > 0 {
        count -= 1;
    }
    if backwards {
        first = first.saturating_sub(count);
        if first < 0 {
            count += first;
            first = 0;
        }
    }
    text.chars()
        .skip(usize::try_from(first).unwrap_or(usize::MAX))
        .take(usize::try_from(count).unwrap_or(0))
        .collect()
}

/// Whether `text LIKE pattern` holds: `%` stands for any text, `_` for one character.
pub fn sqlite_like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().map(|c| c.to_ascii_lowercase()).collect();
    let pattern: Vec<char> = pattern.chars().map(|c| c.to_ascii_lowercase()).collect();
    // Where to go on when the text taken by the last `%` has to grow by one character.
    let mut retry: Option<(usize, usize)> = None;
    let (mut at, mut wanted) = (0, 0);
    while at < text.len() {
        match pattern.get(wanted) {
            Some('%') => {
                retry = Some((at, wanted + 1));
                wanted += 1;
            }
            Some(c) if *c == '_' || *c == text[at] => {
                at += 1;
                wanted += 1;
            }
            _ => {
                let Some((taken, after)) = retry else {
                    return false;
                };
                retry = Some((taken + 1, after));
                (at, wanted) = (taken + 1, after);
            }
        }
    }
    pattern[wanted..].iter().all(|c| *c == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from SQLite 3.40: `select substr('hello', ?, ?)`.
    #[test]
    fn substr_counts_as_sqlite() {
        for (start, length, cut) in SUBSTR_RECORDED {
            assert_eq!(
                sqlite_substr("hello", *start, *length),
                *cut,
                "substr('hello', {start}, {length:?})"
            );
        }
    }

    #[test]
    fn like_matches_as_sqlite() {
        for (text, pattern, matches) in LIKE_RECORDED {
            assert_eq!(
                sqlite_like(text, pattern),
                *matches,
                "'{text}' like '{pattern}'"
            );
        }
    }

    const SUBSTR_RECORDED: &[(i64, Option<i64>, &str)] = &[
        (-9, None, "hello"),
        (-9, Some(-9), ""),
        (-9, Some(-2), ""),
        (-9, Some(-1), ""),
        (-9, Some(0), ""),
        (-9, Some(1), ""),
        (-9, Some(2), ""),
        (-9, Some(9), "hello"),
        (-5, None, "hello"),
        (-5, Some(-9), ""),
        (-5, Some(-2), ""),
        (-5, Some(-1), ""),
        (-5, Some(0), ""),
        (-5, Some(1), "h"),
        (-5, Some(2), "he"),
        (-5, Some(9), "hello"),
        (-2, None, "lo"),
        (-2, Some(-9), "hel"),
        (-2, Some(-2), "el"),
        (-2, Some(-1), "l"),
        (-2, Some(0), ""),
        (-2, Some(1), "l"),
        (-2, Some(2), "lo"),
        (-2, Some(9), "lo"),
        (0, None, "hello"),
        (0, Some(-9), ""),
        (0, Some(-2), ""),
        (0, Some(-1), ""),
        (0, Some(0), ""),
        (0, Some(1), ""),
        (0, Some(2), "h"),
        (0, Some(9), "hello"),
        (1, None, "hello"),
        (1, Some(-9), ""),
        (1, Some(-2), ""),
        (1, Some(-1), ""),
        (1, Some(0), ""),
        (1, Some(1), "h"),
        (1, Some(2), "he"),
        (1, Some(9), "hello"),
        (3, None, "llo"),
        (3, Some(-9), "he"),
        (3, Some(-2), "he"),
        (3, Some(-1), "e"),
        (3, Some(0), ""),
        (3, Some(1), "l"),
        (3, Some(2), "ll"),
        (3, Some(9), "llo"),
        (5, None, "o"),
        (5, Some(-9), "hell"),
        (5, Some(-2), "ll"),
        (5, Some(-1), "l"),
        (5, Some(0), ""),
        (5, Some(1), "o"),
        (5, Some(2), "o"),
        (5, Some(9), "o"),
        (6, None, ""),
        (6, Some(-9), "hello"),
        (6, Some(-2), "lo"),
        (6, Some(-1), "o"),
        (6, Some(0), ""),
        (6, Some(1), ""),
        (6, Some(2), ""),
        (6, Some(9), ""),
        (9, None, ""),
        (9, Some(-9), "hello"),
        (9, Some(-2), ""),
        (9, Some(-1), ""),
        (9, Some(0), ""),
        (9, Some(1), ""),
        (9, Some(2), ""),
        (9, Some(9), ""),
    ];

    const LIKE_RECORDED: &[(&str, &str, bool)] = &[
        ("Hello", "h%O", true),
        ("Hello", "hell", false),
        ("Hello", "h_llo", true),
        ("", "%", true),
        ("", "_", false),
        ("aXbXc", "a%x%c", true),
        ("aXbX", "a%x%c", false),
        ("ÄB", "äb", false),
        ("Äb", "Ä_", true),
        ("a%b", "a%b", true),
        ("mississippi", "%iss%pi", true),
        ("ab", "%%b", true),
        ("abc", "", false),
    ];
}
