//! The methods of `str`.

use super::characters::{all, decimal, digit, known_text, letter, numeric, one_case, printable};
use super::{FormatSpec, PythonFunction, PythonValue, beyond};
use crate::{
    PythonError, python_float_of_text, python_int_of_text, python_is_space, python_lower,
    python_slice, python_title,
};

pub(super) fn evaluate(
    function: PythonFunction,
    arguments: &[PythonValue],
) -> Option<Result<PythonValue, PythonError>> {
    use PythonFunction as F;
    use PythonValue as V;
    let done = |value: PythonValue| Some(Ok(value));
    let (V::Text(text), rest) = arguments.split_first()? else {
        return None;
    };
    match (function, rest) {
        (F::IsIntText, []) => done(accepts_int(text).into()),
        (F::IsFloatText, []) => done(python_float_of_text(text).is_ok().into()),
        (F::IntOfText, []) => Some(python_int_of_text(text).map(PythonValue::from)),
        (F::FloatOfText, []) => Some(python_float_of_text(text).map(PythonValue::from)),
        (F::IsNanText, []) => done(python_float_of_text(text).is_ok_and(f64::is_nan).into()),
        (F::JoinWords, [V::Text(glue)]) => done(words(text, -1).join(glue).into()),
        (F::HasWord, [V::Text(word)]) => done(words(text, -1).contains(&word.as_str()).into()),
        (F::HasPart, [V::Text(separator), V::Text(part)]) => {
            Some(parts(text, separator, -1).map(|parts| parts.contains(&part.as_str()).into()))
        }
        (F::HasPattern | F::HasPatternOfClasses, [V::Text(pattern)]) => {
            Some(crate::patterns::has_pattern(text, pattern).map(PythonValue::from))
        }
        (F::SplitCount, []) => done(words(text, -1).len().into()),
        (F::Word, [V::Int(most), V::Int(index)]) => Some(item(&words(text, *most), *index)),
        (F::PartCount, [V::Text(separator), V::Int(most)]) => {
            Some(parts(text, separator, *most).map(|parts| parts.len().into()))
        }
        (F::Part, [V::Text(separator), V::Int(most), V::Int(index)]) => {
            Some(parts(text, separator, *most).and_then(|parts| item(&parts, *index)))
        }
        (F::PartFromEnd, [V::Text(separator), V::Int(most), V::Int(index)]) => {
            Some(parts_from_end(text, separator, *most).and_then(|parts| item(&parts, *index)))
        }
        (F::Partition | F::PartitionFromEnd, [V::Text(separator), V::Int(index)]) => {
            if separator.is_empty() {
                return Some(Err(PythonError::Value("empty separator".to_owned())));
            }
            let from_end = function == F::PartitionFromEnd;
            let at = if from_end {
                text.rfind(separator.as_str())
            } else {
                text.find(separator.as_str())
            };
            let items = match at {
                Some(at) => [&text[..at], separator, &text[at + separator.len()..]],
                None if from_end => ["", "", text],
                None => [text, "", ""],
            };
            Some(item(&items, *index))
        }
        (F::StripLeft, []) => done(text.trim_start_matches(python_is_space).into()),
        (F::StripRight, []) => done(text.trim_end_matches(python_is_space).into()),
        (F::StripCharacters, [V::Text(set)]) => done(text.trim_matches(|c| set.contains(c)).into()),
        (F::StripCharactersLeft, [V::Text(set)]) => {
            done(text.trim_start_matches(|c| set.contains(c)).into())
        }
        (F::StripCharactersRight, [V::Text(set)]) => {
            done(text.trim_end_matches(|c| set.contains(c)).into())
        }
        (F::Capitalize, []) => done(capitalized(text).into()),
        // A sigma is lowered by where it stands.
        (F::SwapCase, []) if text.contains('Σ') => Some(Err(PythonError::Unmodelled(format!(
            "swapcase of {text:?}"
        )))),
        (F::SwapCase, []) => Some(known_text(text).map(|text| swapped(text).into())),
        (F::CaseFold, []) => Some(folded(text).map(PythonValue::from)),
        (F::Find, [V::Text(part)]) => done(position(text, text.find(part.as_str())).into()),
        (F::FindAfter, [V::Text(part), V::Int(start)]) => {
            done(found_after(text, part, *start).into())
        }
        (F::FindFromEnd, [V::Text(part)]) => done(position(text, text.rfind(part.as_str())).into()),
        (F::CountOf, [V::Text(part)]) => done(text.matches(part.as_str()).count().into()),
        (F::FillZeros, [V::Int(width)]) => done(zeros_filled(text, *width).into()),
        (F::JustifyLeft | F::JustifyRight | F::Center, [V::Int(width), V::Text(fill)]) => {
            Some(justified(function, text, *width, fill).map(PythonValue::from))
        }
        (F::IsDigits, []) => Some(all(text, digit).map(PythonValue::from)),
        (F::IsDecimals, []) => Some(all(text, decimal).map(PythonValue::from)),
        (F::IsNumeric, []) => Some(all(text, numeric).map(PythonValue::from)),
        (F::IsLetters, []) => Some(all(text, letter).map(PythonValue::from)),
        (F::IsLettersOrDigits, []) => {
            Some(all(text, |c| Ok(letter(c)? || numeric(c)?)).map(PythonValue::from))
        }
        (F::IsBlank, []) => done((!text.is_empty() && text.chars().all(python_is_space)).into()),
        (F::IsUpperCase, []) => Some(one_case(text, true).map(PythonValue::from)),
        (F::IsLowerCase, []) => Some(one_case(text, false).map(PythonValue::from)),
        (F::RemovePrefix, [V::Text(prefix)]) => {
            done(text.strip_prefix(prefix.as_str()).unwrap_or(text).into())
        }
        (F::RemoveSuffix, [V::Text(suffix)]) => {
            done(text.strip_suffix(suffix.as_str()).unwrap_or(text).into())
        }
        (F::CharacterAt, [V::Int(index)]) => {
            let count = text.chars().count() as i64;
            let at = if *index < 0 { index + count } else { *index };
            let found = usize::try_from(at).ok().and_then(|at| text.chars().nth(at));
            Some(match found {
                Some(c) => Ok(c.to_string().into()),
                None => Err(beyond("string index out of range")),
            })
        }
        (F::Substring, [V::Int(start), V::Int(end)]) => {
            done(python_slice(text, Some(*start), Some(*end)).into())
        }
        (F::Reversed, []) => done(text.chars().rev().collect::<String>().into()),
        (F::ReplaceSome, [V::Text(old), V::Text(new), V::Int(count)]) => {
            done(match usize::try_from(*count) {
                Ok(count) => text.replacen(old.as_str(), new, count).into(),
                Err(_) => text.replace(old.as_str(), new).into(),
            })
        }
        (F::Repeat, [V::Int(times)]) => {
            let times = usize::try_from(*times).unwrap_or(0);
            Some(if text.len().saturating_mul(times) > LONGEST {
                Err(PythonError::Unmodelled(format!(
                    "a text repeated {times} times"
                )))
            } else {
                Ok(text.repeat(times).into())
            })
        }
        (F::ReprText, []) => Some(repr(text).map(PythonValue::from)),
        (F::FormatText, [V::Text(spec)]) => Some(
            FormatSpec::parse(spec)
                .and_then(|spec| spec.text(text))
                .map(PythonValue::from),
        ),
        _ => None,
    }
}

/// Longest text that is made here.
const LONGEST: usize = 1 << 20;

/// `int(text)` raises `ValueError` for every other text; a number beyond 64 bits is none of them.
fn accepts_int(text: &str) -> bool {
    !matches!(python_int_of_text(text), Err(PythonError::Value(_)))
}

fn item(items: &[&str], index: i64) -> Result<PythonValue, PythonError> {
    let count = items.len() as i64;
    let at = if index < 0 { index + count } else { index };
    usize::try_from(at)
        .ok()
        .and_then(|at| items.get(at))
        .map(|item| (*item).into())
        .ok_or_else(|| beyond("list index out of range"))
}

/// `text.split(None, most)`.
fn words(text: &str, most: i64) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches(python_is_space);
    while !rest.is_empty() {
        if most >= 0 && found.len() as i64 == most {
            found.push(rest);
            break;
        }
        let end = rest.find(python_is_space).unwrap_or(rest.len());
        found.push(&rest[..end]);
        rest = rest[end..].trim_start_matches(python_is_space);
    }
    found
}

fn parts<'t>(text: &'t str, separator: &str, most: i64) -> Result<Vec<&'t str>, PythonError> {
    if separator.is_empty() {
        return Err(PythonError::Value("empty separator".to_owned()));
    }
    Ok(match usize::try_from(most) {
        Ok(most) => text.splitn(most.saturating_add(1), separator).collect(),
        Err(_) => text.split(separator).collect(),
    })
}

fn parts_from_end<'t>(
    text: &'t str,
    separator: &str,
    most: i64,
) -> Result<Vec<&'t str>, PythonError> {
    if separator.is_empty() {
        return Err(PythonError::Value("empty separator".to_owned()));
    }
    let mut found: Vec<&str> = match usize::try_from(most) {
        Ok(most) => text.rsplitn(most.saturating_add(1), separator).collect(),
        Err(_) => text.rsplit(separator).collect(),
    };
    found.reverse();
    Ok(found)
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        None => String::new(),
        // What follows is lowered as part of the whole, for the final sigma.
        Some(first) => {
            let head = first.to_string();
            let lowered = first.to_lowercase().count();
            let tail: String = python_lower(text).chars().skip(lowered).collect();
            format!("{}{tail}", python_title(&head))
        }
    }
}

fn swapped(text: &str) -> String {
    let mut swapped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_uppercase() {
            swapped.extend(c.to_lowercase());
        } else if c.is_lowercase() {
            swapped.extend(c.to_uppercase());
        } else {
            swapped.push(c);
        }
    }
    swapped
}

/// `text.casefold()` of characters whose folding is their lower case, and of the sharp s.
fn folded(text: &str) -> Result<String, PythonError> {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'ß' => folded.push_str("ss"),
            _ if u32::from(c) < 0x100 && c != 'µ' => folded.extend(c.to_lowercase()),
            _ => {
                return Err(PythonError::Unmodelled(format!(
                    "casefold of U+{:04X}",
                    u32::from(c)
                )));
            }
        }
    }
    Ok(folded)
}

/// A byte position as Python counts, -1 where there is none.
fn position(text: &str, at: Option<usize>) -> i64 {
    at.map_or(-1, |at| text[..at].chars().count() as i64)
}

/// `text.find(part, start)`: a start beyond the end finds nothing, not even the empty text.
fn found_after(text: &str, part: &str, start: i64) -> i64 {
    let length = text.chars().count() as i64;
    let start = if start < 0 {
        (start.saturating_add(length)).max(0)
    } else {
        start
    };
    if start > length {
        return -1;
    }
    let from = usize::try_from(start)
        .ok()
        .and_then(|start| text.char_indices().nth(start))
        .map_or(text.len(), |(at, _)| at);
    match position(&text[from..], text[from..].find(part)) {
        -1 => -1,
        at => start + at,
    }
}

fn zeros_filled(text: &str, width: i64) -> String {
    let missing = width.saturating_sub(text.chars().count() as i64);
    let zeros = "0".repeat(usize::try_from(missing).unwrap_or(0).min(LONGEST));
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (&text[..1], digits),
        None => ("", text),
    };
    format!("{sign}{zeros}{digits}")
}

fn justified(
    function: PythonFunction,
    text: &str,
    width: i64,
    fill: &str,
) -> Result<String, PythonError> {
    if fill.chars().count() != 1 {
        return Err(PythonError::Unmodelled(
            "a fill that is not one character".to_owned(),
        ));
    }
    let missing = width.saturating_sub(text.chars().count() as i64);
    let missing = usize::try_from(missing).unwrap_or(0).min(LONGEST);
    // CPython puts the odd one to the left when the width is odd.
    let left = match function {
        PythonFunction::JustifyLeft => 0,
        PythonFunction::JustifyRight => missing,
        _ => missing / 2 + (missing & usize::try_from(width).unwrap_or(0) & 1),
    };
    Ok(format!(
        "{}{text}{}",
        fill.repeat(left),
        fill.repeat(missing - left)
    ))
}

/// `repr(text)`.
fn repr(text: &str) -> Result<String, PythonError> {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut quoted = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if c == quote => {
                quoted.push('\\');
                quoted.push(c);
            }
            _ if printable(c)? => quoted.push(c),
            _ if u32::from(c) < 0x100 => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            _ => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    quoted.push(quote);
    Ok(quoted)
}
