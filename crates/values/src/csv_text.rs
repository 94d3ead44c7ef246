//! CSV records as Python's `csv` module writes and reads them with its default dialect.
//!
//! `QUOTE_MINIMAL`: a field is quoted when it holds a comma, a quote or a line break, and a record of
//! one empty field is written `""` so that it is not an empty line. A carriage return counts as a line
//! break under either line ending (CPython 3.13 does this always, 3.11 only under CRLF; without it the
//! file would not read back).

/// Appends one record with its line end.
pub fn push_csv_record<'a>(
    line: &mut String,
    fields: impl IntoIterator<Item = &'a str>,
    line_end: &str,
) {
    let mut count = 0;
    let start = line.len();
    for field in fields {
        if count > 0 {
            line.push(',');
        }
        count += 1;
        if field.contains([',', '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&field.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(field);
        }
    }
    if count == 1 && line.len() == start {
        line.push_str("\"\"");
    }
    line.push_str(line_end);
}

/// Records of a CSV text, each with the byte range of its line, end of line included.
pub struct CsvRecords<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> CsvRecords<'a> {
    /// Reads `text` from its start.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
}

impl Iterator for CsvRecords<'_> {
    type Item = (std::ops::Range<usize>, Vec<String>);

    /// An empty line is a record without fields, as in Python.
    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        if start >= bytes.len() {
            return None;
        }
        let mut fields = Vec::new();
        let mut field = String::new();
        let mut quoted = false;
        let mut inside = false;
        let mut chunk = start;
        let mut at = start;
        while at < bytes.len() {
            let byte = bytes[at];
            if inside {
                if byte == b'"' {
                    field.push_str(&self.text[chunk..at]);
                    if bytes.get(at + 1) == Some(&b'"') {
                        field.push('"');
                        at += 1;
                    } else {
                        inside = false;
                    }
                    chunk = at + 1;
                }
                at += 1;
                continue;
            }
            match byte {
                b'"' if at == chunk && field.is_empty() && !quoted => {
                    inside = true;
                    quoted = true;
                    chunk = at + 1;
                }
                b',' => {
                    field.push_str(&self.text[chunk..at]);
                    fields.push(std::mem::take(&mut field));
                    quoted = false;
                    chunk = at + 1;
                }
                b'\n' | b'\r' => break,
                _ => {}
            }
            at += 1;
        }
        field.push_str(&self.text[chunk..at]);
        if !(fields.is_empty() && field.is_empty() && !quoted) {
            fields.push(field);
        }
        self.at = match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'\r'), Some(b'\n')) => at + 2,
            (Some(_), _) => at + 1,
            (None, _) => at,
        };
        Some((start..self.at, fields))
    }
}
