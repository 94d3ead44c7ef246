//! HTML in which no value can become markup.
//!
//! Markup is only ever a literal at the place of the call; every value goes through [`Escaped`],
//! because the macro leaves no other way in. Names, messages and data are all strangers here.

use std::fmt::{self, Display, Write};

/// A page being written.
#[derive(Default)]
pub struct Html {
    text: String,
}

impl Html {
    /// Adds markup; every value in it must be [`Escaped`], which the `html!` macros see to.
    pub fn push(&mut self, markup: fmt::Arguments<'_>) {
        self.text.write_fmt(markup).expect("writing to a string");
    }

    /// The page.
    pub fn finish(self) -> String {
        self.text
    }
}

/// Writes markup; the format must be a literal and every argument is escaped.
macro_rules! html {
    ($page:expr, $markup:literal $(, $value:expr)* $(,)?) => {
        $page.push(format_args!($markup $(, $crate::html::Escaped(&$value))*))
    };
}

pub(crate) use html;

/// Prints a value with everything replaced that could end a text or an attribute.
pub struct Escaped<'a, T: ?Sized>(pub &'a T);

impl<T: Display + ?Sized> Display for Escaped<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| match character {
            '&' => self.0.write_str("&amp;"),
            '<' => self.0.write_str("&lt;"),
            '>' => self.0.write_str("&gt;"),
            '"' => self.0.write_str("&quot;"),
            '\'' => self.0.write_str("&#39;"),
            // Not allowed in HTML, and terminals act on them.
            control if control.is_control() && !matches!(control, '\n' | '\t') => {
                self.0.write_char('\u{fffd}')
            }
            // Turns the direction of what follows: a way to make a name read as another.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => self.0.write_char('\u{fffd}'),
            plain => self.0.write_char(plain),
        })
    }
}

/// A count with its thousands apart: `1,204`.
pub struct Count(pub u64);

impl Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_char(',')?;
            }
            f.write_char(digit)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_become_markup() {
        let mut page = Html::default();
        html!(
            page,
            "<td title=\"{}\">{}</td>",
            "\"><script>",
            "a & 'b'\u{0}\u{202e}"
        );
        assert_eq!(
            page.finish(),
            "<td title=\"&quot;&gt;&lt;script&gt;\">a &amp; &#39;b&#39;\u{fffd}\u{fffd}</td>"
        );
    }

    #[test]
    fn counts_read_well() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(|count| Count(count).to_string()),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
