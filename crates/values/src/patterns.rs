//! Regular expressions as far as Python's `re` and the engine behind pandas' texts agree on them.
//!
//! pandas asks one engine or another for the same method, depending on how the texts are stored. What they
//! read differently (look-around, back references, flags) is not understood here; where only some texts
//! would be read differently (a line's end at `$`, letters beyond ASCII in `\w`) those texts are.
//! A pattern becomes a small program that is run for all places of a text at once, so that no pattern takes
//! more than a time in proportion to the text.

use std::cell::RefCell;

use crate::PythonError;

/// Steps a pattern may have.
const STEPS_MAX: usize = 2_000;

/// Repetitions that may be counted.
const REPEATS_MAX: usize = 200;

/// A regular expression.
#[derive(Clone, Debug)]
pub struct Pattern {
    steps: Vec<Step>,
    /// It tells letters, digits or blanks from others.
    classes: bool,
    /// It asks for the end.
    ends: bool,
}

#[derive(Clone, Debug)]
enum Step {
    One(Set),
    Start,
    End,
    /// Whether a word begins or ends here, or not.
    Edge(bool),
    Either(usize, usize),
    Go(usize),
    Found,
}

/// Characters: those listed, or all others.
#[derive(Clone, Debug, Default)]
struct Set {
    ranges: Vec<(char, char)>,
    others: bool,
}

impl Set {
    fn of(ranges: &[(char, char)]) -> Self {
        Self {
            ranges: ranges.to_vec(),
            others: false,
        }
    }

    fn has(&self, c: char) -> bool {
        let listed = self
            .ranges
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&c));
        listed != self.others
    }
}

/// A parsed pattern.
enum Tree {
    Empty,
    One(Set),
    Start,
    End,
    Edge(bool),
    Both(Box<Tree>, Box<Tree>),
    Either(Box<Tree>, Box<Tree>),
    Repeat(Box<Tree>, usize, Option<usize>),
}

const DIGITS: [(char, char); 1] = [('0', '9')];
const LETTERS: [(char, char); 4] = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
const BLANKS: [(char, char); 3] = [('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')];

impl Pattern {
    /// The pattern of a text, if all of it is understood.
    pub fn new(text: &str) -> Option<Self> {
        let mut parser = Parser {
            rest: text.chars().collect(),
            at: 0,
            classes: false,
            ends: false,
            depth: 0,
        };
        let tree = parser.either()?;
        if parser.at < parser.rest.len() {
            return None;
        }
        let mut steps = Vec::new();
        compile(&tree, &mut steps)?;
        steps.push(Step::Found);
        Some(Self {
            steps,
            classes: parser.classes,
            ends: parser.ends,
        })
    }

    /// Whether it is read alike in every text.
    pub fn is_plain(&self) -> bool {
        !self.classes && !self.ends
    }

    /// Whether it is read alike in this text.
    pub fn reads(&self, text: &str) -> bool {
        let odd = |c: char| !c.is_ascii() || matches!(c, '\u{b}' | '\u{1c}'..='\u{1f}');
        !(self.classes && text.contains(odd) || self.ends && text.ends_with('\n'))
    }

    /// Whether some part of the text matches.
    pub fn is_in(&self, text: &str) -> bool {
        let mut now = vec![false; self.steps.len()];
        let mut before = None;
        let mut characters = text.chars();
        loop {
            let next = characters.next();
            // It may begin anywhere.
            if self.enter(0, before, next, &mut now) {
                return true;
            }
            let Some(c) = next else { return false };
            let after = characters.clone().next();
            let mut then = vec![false; self.steps.len()];
            for (index, step) in self.steps.iter().enumerate() {
                if now[index]
                    && let Step::One(set) = step
                    && set.has(c)
                    && self.enter(index + 1, Some(c), after, &mut then)
                {
                    return true;
                }
            }
            now = then;
            before = Some(c);
        }
    }

    /// Marks what can be reached between two characters; whether the end of the pattern is.
    fn enter(
        &self,
        step: usize,
        before: Option<char>,
        next: Option<char>,
        marked: &mut [bool],
    ) -> bool {
        let mut open = vec![step];
        while let Some(index) = open.pop() {
            if marked[index] {
                continue;
            }
            marked[index] = true;
            match &self.steps[index] {
                Step::One(_) => {}
                Step::Start => {
                    if before.is_none() {
                        open.push(index + 1);
                    }
                }
                Step::End => {
                    if next.is_none() {
                        open.push(index + 1);
                    }
                }
                Step::Edge(wanted) => {
                    let word =
                        |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
                    if (word(before) != word(next)) == *wanted {
                        open.push(index + 1);
                    }
                }
                Step::Either(a, b) => open.extend([*a, *b]),
                Step::Go(to) => open.push(*to),
                Step::Found => return true,
            }
        }
        false
    }
}

thread_local! {
    /// The pattern asked last: a column is asked for one and the same.
    static LAST: RefCell<Option<(String, Option<Pattern>)>> = const { RefCell::new(None) };
}

/// Whether the text has a part that matches the pattern.
pub(crate) fn has_pattern(text: &str, pattern: &str) -> Result<bool, PythonError> {
    LAST.with_borrow_mut(|last| {
        if last.as_ref().is_none_or(|(known, _)| known != pattern) {
            *last = Some((pattern.to_owned(), Pattern::new(pattern)));
        }
        match last {
            Some((_, Some(known))) if known.reads(text) => Ok(known.is_in(text)),
            _ => Err(PythonError::Unmodelled(format!(
                "{pattern:?} searched in {text:?}"
            ))),
        }
    })
}

fn compile(tree: &Tree, steps: &mut Vec<Step>) -> Option<()> {
    if steps.len() > STEPS_MAX {
        return None;
    }
    match tree {
        Tree::Empty => {}
        Tree::One(set) => steps.push(Step::One(set.clone())),
        Tree::Start => steps.push(Step::Start),
        Tree::End => steps.push(Step::End),
        Tree::Edge(wanted) => steps.push(Step::Edge(*wanted)),
        Tree::Both(a, b) => {
            compile(a, steps)?;
            compile(b, steps)?;
        }
        Tree::Either(a, b) => {
            let fork = steps.len();
            steps.push(Step::Found);
            compile(a, steps)?;
            let leave = steps.len();
            steps.push(Step::Found);
            steps[fork] = Step::Either(fork + 1, steps.len());
            compile(b, steps)?;
            steps[leave] = Step::Go(steps.len());
        }
        Tree::Repeat(part, least, most) => {
            for _ in 0..*least {
                compile(part, steps)?;
            }
            match most {
                None => {
                    let fork = steps.len();
                    steps.push(Step::Found);
                    compile(part, steps)?;
                    steps.push(Step::Go(fork));
                    steps[fork] = Step::Either(fork + 1, steps.len());
                }
                Some(most) => {
                    let mut forks = Vec::new();
                    for _ in *least..*most {
                        forks.push(steps.len());
                        steps.push(Step::Found);
                        compile(part, steps)?;
                    }
                    for fork in forks {
                        steps[fork] = Step::Either(fork + 1, steps.len());
                    }
                }
            }
        }
    }
    Some(())
}

struct Parser {
    rest: Vec<char>,
    at: usize,
    classes: bool,
    ends: bool,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn takes(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn either(&mut self) -> Option<Tree> {
        let mut tree = self.sequence()?;
        while self.takes('|') {
            tree = Tree::Either(Box::new(tree), Box::new(self.sequence()?));
        }
        Some(tree)
    }

    fn sequence(&mut self) -> Option<Tree> {
        let mut tree = Tree::Empty;
        while let Some(c) = self.peek() {
            if c == '|' || c == ')' {
                break;
            }
            let part = self.repeated()?;
            tree = Tree::Both(Box::new(tree), Box::new(part));
        }
        Some(tree)
    }

    fn repeated(&mut self) -> Option<Tree> {
        let part = self.one()?;
        let (least, most) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.at += 1;
                let counts = self.counts()?;
                // `self.at` stands at the closing bracket.
                counts
            }
            _ => return Some(part),
        };
        self.at += 1;
        if matches!(part, Tree::Start | Tree::End | Tree::Edge(_)) {
            return None;
        }
        // How many are taken first does not matter to whether there are enough.
        self.takes('?');
        if matches!(self.peek(), Some('*' | '+' | '?' | '{')) {
            return None;
        }
        Some(Tree::Repeat(Box::new(part), least, most))
    }

    fn counts(&mut self) -> Option<(usize, Option<usize>)> {
        let least = self.number()?;
        let most = if self.takes(',') {
            if self.peek() == Some('}') {
                None
            } else {
                Some(self.number()?)
            }
        } else {
            Some(least)
        };
        let fits =
            least <= REPEATS_MAX && most.is_none_or(|most| (least..=REPEATS_MAX).contains(&most));
        (fits && self.peek() == Some('}')).then_some((least, most))
    }

    fn number(&mut self) -> Option<usize> {
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.rest[from..self.at]
            .iter()
            .collect::<String>()
            .parse()
            .ok()
    }

    fn one(&mut self) -> Option<Tree> {
        let c = self.peek()?;
        self.at += 1;
        match c {
            '.' => Some(Tree::One(Set {
                ranges: vec![('\n', '\n')],
                others: true,
            })),
            '^' => Some(Tree::Start),
            '$' => {
                self.ends = true;
                Some(Tree::End)
            }
            '(' => {
                if self.peek() == Some('?') {
                    if self.rest.get(self.at + 1) != Some(&':') {
                        return None;
                    }
                    self.at += 2;
                }
                self.depth += 1;
                if self.depth > 50 {
                    return None;
                }
                let tree = self.either()?;
                self.depth -= 1;
                self.takes(')').then_some(tree)
            }
            '[' => self.class().map(Tree::One),
            '\\' => {
                if matches!(self.peek(), Some('b' | 'B')) {
                    self.classes = true;
                    let wanted = self.peek() == Some('b');
                    self.at += 1;
                    return Some(Tree::Edge(wanted));
                }
                self.escape().map(Tree::One)
            }
            '*' | '+' | '?' | '{' | '}' | ']' | ')' => None,
            c => Some(Tree::One(Set::of(&[(c, c)]))),
        }
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> Option<Set> {
        let c = self.peek()?;
        self.at += 1;
        let ranges: &[(char, char)] = match c {
            'd' | 'D' => &DIGITS,
            'w' | 'W' => &LETTERS,
            's' | 'S' => &BLANKS,
            't' => &[('\t', '\t')],
            'n' => &[('\n', '\n')],
            'r' => &[('\r', '\r')],
            c if c.is_ascii_punctuation() => return Some(Set::of(&[(c, c)])),
            _ => return None,
        };
        self.classes |= c.is_ascii_uppercase() || matches!(c, 'd' | 'w' | 's');
        Some(Set {
            ranges: ranges.to_vec(),
            others: c.is_ascii_uppercase(),
        })
    }

    fn class(&mut self) -> Option<Set> {
        let others = self.takes('^');
        let mut ranges = Vec::new();
        loop {
            let c = self.peek()?;
            self.at += 1;
            let from = match c {
                ']' if ranges.is_empty() => return None,
                ']' => return Some(Set { ranges, others }),
                // Sets of sets and named classes begin so.
                '[' | '&' | '~' | '|' => return None,
                '\\' => {
                    let set = self.escape()?;
                    if set.others {
                        return None;
                    }
                    if let [(only, same)] = set.ranges[..]
                        && only == same
                    {
                        only
                    } else {
                        ranges.extend(set.ranges);
                        continue;
                    }
                }
                c => c,
            };
            let range = self.peek() == Some('-') && self.rest.get(self.at + 1) != Some(&']');
            if !range {
                ranges.push((from, from));
                continue;
            }
            self.at += 1;
            let to = self.peek()?;
            self.at += 1;
            if matches!(to, '\\' | '[' | '-') || to < from || c == '-' {
                return None;
            }
            ranges.push((from, to));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    /// What CPython's `re.search` finds.
    const FOUND: &str = include_str!("../tests/fixtures/patterns.tsv");

    #[test]
    fn matches_what_python_matches() {
        let mut understood = 0;
        for line in FOUND.lines() {
            let [pattern, text, found] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let unescape = |text: &str| {
                text.replace("\\n", "\n")
                    .replace("\\t", "\t")
                    .replace("\\x5c", "\\")
            };
            let (pattern, text) = (unescape(pattern), unescape(text));
            let Some(pattern) = Pattern::new(&pattern) else {
                continue;
            };
            if pattern.reads(&text) {
                understood += 1;
                assert_eq!(pattern.is_in(&text), found == "1", "{line}");
            }
        }
        assert!(understood > 2_000, "{understood}");
    }

    #[test]
    fn refuses_what_engines_read_differently() {
        for text in [
            "a(?=b)",
            "(?i)a",
            "(a)\\1",
            "a**",
            "[[:alpha:]]",
            "(",
            "a{2",
            "[]a]",
            "[a-",
            "\\Za",
            "a++",
            "*a",
            "\\A",
        ] {
            assert!(Pattern::new(text).is_none(), "{text}");
        }
    }
}
