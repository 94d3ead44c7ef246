//! CSV as the package writes it: RFC 4180 quoting, `\n` at line ends, values as they are.
//!
//! These files are read by programs, so a value that begins like a formula is not changed.

/// Lines of equal width under a fixed header.
pub(crate) struct Csv<const WIDTH: usize> {
    text: String,
}

impl<const WIDTH: usize> Csv<WIDTH> {
    pub(crate) fn new(header: [&str; WIDTH]) -> Self {
        let mut csv = Self {
            text: String::new(),
        };
        csv.line(&header);
        csv
    }

    pub(crate) fn line<T: AsRef<str>>(&mut self, cells: &[T; WIDTH]) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.text.push(',');
            }
            self.cell(cell.as_ref());
        }
        self.text.push('\n');
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn cell(&mut self, cell: &str) {
        if cell.contains([',', '"', '\n', '\r']) {
            self.text.push('"');
            self.text.push_str(&cell.replace('"', "\"\""));
            self.text.push('"');
        } else {
            self.text.push_str(cell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_only_where_needed() {
        let mut csv = Csv::new(["a", "b"]);
        csv.line(&["plain", "with, comma"]);
        csv.line(&["say \"so\"", "two\nlines"]);
        assert_eq!(
            csv.finish(),
            "a,b\nplain,\"with, comma\"\n\"say \"\"so\"\"\",\"two\nlines\"\n"
        );
    }
}
