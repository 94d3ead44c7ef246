//! Text files of a portfolio and places in them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::ContentHash;

/// A half-open byte range of one file, with the lines it covers (1-based, inclusive).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Path relative to the workspace, with `/` as separator.
    pub file: Arc<str>,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Line of the first byte, from 1.
    pub first_line: u32,
    /// Line of the last byte, from 1.
    pub last_line: u32,
}

impl Span {
    /// Smallest span that covers both; the other is dropped when it lies in another file.
    #[must_use]
    pub fn to(&self, other: &Span) -> Span {
        if self.file != other.file {
            return self.clone();
        }
        Span {
            file: self.file.clone(),
            start: self.start.min(other.start),
            end: self.end.max(other.end),
            first_line: self.first_line.min(other.first_line),
            last_line: self.last_line.max(other.last_line),
        }
    }

    /// Whether `other` lies wholly inside this span.
    pub fn contains(&self, other: &Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

impl fmt::Display for Span {
    /// `externals/late.py:11-12`, or `externals/late.py:11` for one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.first_line)?;
        if self.last_line != self.first_line {
            write!(f, "-{}", self.last_line)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}[{}..{}]", self.start, self.end)
    }
}

/// A file's text with its line index.
#[derive(Clone, Debug)]
pub struct SourceFile {
    name: Arc<str>,
    text: Arc<str>,
    line_starts: Arc<[u32]>,
}

impl SourceFile {
    /// `name` is the path relative to the workspace.
    pub fn new(name: &str, text: &str) -> Self {
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1))
            .collect();
        Self {
            name: name.into(),
            text: text.into(),
            line_starts,
        }
    }

    /// Path relative to the workspace.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Span of a byte range; a range past the end is cut at the end.
    pub fn span(&self, range: Range<usize>) -> Span {
        let end = range.end.min(self.text.len());
        let start = range.start.min(end);
        let last = if end > start { end - 1 } else { start };
        Span {
            file: self.name.clone(),
            start: start as u32,
            end: end as u32,
            first_line: self.line_of(start),
            last_line: self.line_of(last),
        }
    }

    /// Span of the whole file.
    pub fn whole(&self) -> Span {
        self.span(0..self.text.len())
    }

    /// Text of a span of this file; empty when the file has become shorter.
    pub fn snippet(&self, span: &Span) -> &str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// Hash of a span's bytes, as cited by evidence.
    pub fn hash(&self, span: &Span) -> ContentHash {
        ContentHash::of(self.snippet(span).as_bytes())
    }

    fn line_of(&self, offset: usize) -> u32 {
        self.line_starts
            .partition_point(|&start| start as usize <= offset) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_know_their_lines() {
        let file = SourceFile::new("a.py", "one\ntwo\nthree\n");
        assert_eq!(file.span(0..3).to_string(), "a.py:1");
        assert_eq!(file.span(4..13).to_string(), "a.py:2-3");
        assert_eq!(file.snippet(&file.span(4..7)), "two");
        assert_eq!(file.hash(&file.span(4..7)), ContentHash::of(b"two"));
    }
}
