//! Methods of `str`, single characters, and texts that were split.

use relift_dataflow::{Base, Comparison, Expr, Flavour, Function, Literal, Refusal};
use relift_diagnostics::Span;
use relift_values::PythonFunction as F;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::state::{all, any};
use crate::values::{Parts, Term, Value};

impl Lowerer<'_> {
    pub(crate) fn text_method(
        &mut self,
        term: Term,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let literal_receiver = term.as_literal().cloned();
        let term = self.known(
            term,
            &arguments.construct,
            "None has no method and raises AttributeError",
            span,
        )?;
        let scalar = |term: Term| Ok(Value::Scalar(term));
        let given = arguments.positional.len();
        let plain = match name {
            "upper" => Some(Function::Upper),
            "lower" => Some(Function::Lower),
            "title" => Some(Function::Title),
            "strip" if given == 0 => Some(Function::Strip),
            "lstrip" if given == 0 => Some(Function::Python(F::StripLeft)),
            "rstrip" if given == 0 => Some(Function::Python(F::StripRight)),
            "capitalize" => Some(Function::Python(F::Capitalize)),
            "swapcase" => Some(Function::Python(F::SwapCase)),
            "casefold" => Some(Function::Python(F::CaseFold)),
            "isdigit" => Some(Function::Python(F::IsDigits)),
            "isdecimal" => Some(Function::Python(F::IsDecimals)),
            "isnumeric" => Some(Function::Python(F::IsNumeric)),
            "isalpha" => Some(Function::Python(F::IsLetters)),
            "isalnum" => Some(Function::Python(F::IsLettersOrDigits)),
            "isspace" => Some(Function::Python(F::IsBlank)),
            "isupper" => Some(Function::Python(F::IsUpperCase)),
            "islower" => Some(Function::Python(F::IsLowerCase)),
            _ => None,
        };
        if let Some(function) = plain {
            arguments.only(0, &[])?;
            return match function {
                Function::Python(named) => scalar(self.python(named, vec![term], span)?),
                other => scalar(self.apply(other, vec![term], span)?),
            };
        }
        let with_text = match name {
            "strip" => Some(F::StripCharacters),
            "lstrip" => Some(F::StripCharactersLeft),
            "rstrip" => Some(F::StripCharactersRight),
            "find" => Some(F::Find),
            "rfind" => Some(F::FindFromEnd),
            "count" => Some(F::CountOf),
            "removeprefix" => Some(F::RemovePrefix),
            "removesuffix" => Some(F::RemoveSuffix),
            _ => None,
        };
        if name == "find" && given > 1 {
            arguments.only(2, &[])?;
            let part = self.text_argument(0, arguments)?;
            let start = self.whole_argument(1, "start", arguments)?;
            return scalar(self.python(F::FindAfter, vec![term, part, start], span)?);
        }
        if let Some(function) = with_text {
            arguments.only(1, &[])?;
            let stripping = name.ends_with("strip");
            if stripping && arguments.positional[0].is_none() {
                let none = Arguments {
                    positional: Vec::new(),
                    ..arguments.clone()
                };
                return self.text_method(term, name, &none);
            }
            let other = self.text_argument(0, arguments)?;
            return scalar(self.python(function, vec![term, other], span)?);
        }
        match name {
            "startswith" | "endswith" => self.affix(&term, name == "startswith", arguments),
            "replace" => self.replaced(term, arguments),
            "join" => self.joined(literal_receiver.as_ref(), arguments),
            "format" => self.format_method(literal_receiver.as_ref(), arguments),
            "zfill" => {
                arguments.only(1, &["width"])?;
                let width = self.whole_argument(0, "width", arguments)?;
                scalar(self.python(F::FillZeros, vec![term, width], span)?)
            }
            "ljust" | "rjust" | "center" => {
                arguments.only(2, &[])?;
                let width = self.whole_argument(0, "width", arguments)?;
                let fill = if given > 1 {
                    self.text_argument(1, arguments)?
                } else {
                    Term::literal(Literal::Text(" ".to_owned()))
                };
                let function = match name {
                    "ljust" => F::JustifyLeft,
                    "rjust" => F::JustifyRight,
                    _ => F::Center,
                };
                scalar(self.python(function, vec![term, width, fill], span)?)
            }
            "split" | "rsplit" => {
                arguments.only(2, &["sep", "maxsplit"])?;
                let separator = match arguments.get(0, "sep") {
                    Some(value) if !value.is_none() => match value.as_text() {
                        Some(separator) if !separator.is_empty() => Some(separator.to_owned()),
                        _ => return Err(arguments.refuse("the separator is not a constant text")),
                    },
                    _ => None,
                };
                let most = match arguments.get(1, "maxsplit") {
                    None => -1,
                    Some(value) => value
                        .as_int()
                        .ok_or_else(|| arguments.refuse("the limit is not constant"))?,
                };
                let from_end = name == "rsplit" && most >= 0;
                if from_end && separator.is_none() {
                    return Err(arguments.refuse("words split off from the end are not lifted"));
                }
                Ok(Value::Parts(Box::new(Parts {
                    text: term,
                    separator,
                    most,
                    from_end,
                })))
            }
            "partition" | "rpartition" => {
                arguments.only(1, &["sep"])?;
                if arguments
                    .need(0, "sep")?
                    .as_text()
                    .is_none_or(str::is_empty)
                {
                    return Err(arguments.refuse("the separator is not a constant text"));
                }
                let separator = self.text_argument(0, arguments)?;
                let function = if name == "partition" {
                    F::Partition
                } else {
                    F::PartitionFromEnd
                };
                let mut items = Vec::new();
                for index in 0..3 {
                    let place = Term::literal(Literal::Int(index));
                    let terms = vec![term.clone(), separator.clone(), place];
                    items.push(Value::Scalar(self.python(function, terms, span)?));
                }
                Ok(Value::Tuple(items))
            }
            "index" => {
                arguments.only(1, &[])?;
                let part = self.text_argument(0, arguments)?;
                let found =
                    self.apply(Function::Contains, vec![term.clone(), part.clone()], span)?;
                self.require(
                    &found,
                    &arguments.construct,
                    "a text that is not there raises ValueError",
                    span,
                )?;
                scalar(self.python(F::Find, vec![term, part], span)?)
            }
            "encode" | "splitlines" | "translate" | "expandtabs" => {
                Err(arguments.refuse("this method of text is not lifted"))
            }
            _ => Err(arguments.refuse("this method of text is not lifted")),
        }
    }

    fn text_argument(&mut self, index: usize, arguments: &Arguments) -> Result<Term, Refusal> {
        let value = arguments.need(index, "argument")?.clone();
        let term = self.scalar(&value, &arguments.construct, &arguments.span)?;
        self.known(
            term,
            &arguments.construct,
            "None raises TypeError",
            &arguments.span,
        )
    }

    fn whole_argument(
        &mut self,
        index: usize,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Term, Refusal> {
        let value = arguments.need(index, name)?.clone();
        let term = self.scalar(&value, &arguments.construct, &arguments.span)?;
        self.known(
            term,
            &arguments.construct,
            "None raises TypeError",
            &arguments.span,
        )
    }

    fn affix(
        &mut self,
        term: &Term,
        at_start: bool,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        arguments.only(1, &[])?;
        let function = if at_start {
            Function::StartsWith
        } else {
            Function::EndsWith
        };
        let affix = arguments.need(0, "prefix")?.clone();
        let affixes = match self.fixed_items(&affix) {
            Some(items) => items,
            None => vec![affix],
        };
        let mut parts = Vec::new();
        let mut terms = vec![term.clone()];
        for affix in affixes {
            let affix = self.scalar(&affix, &arguments.construct, span)?;
            let affix = self.known(affix, &arguments.construct, "None raises TypeError", span)?;
            let part = self.apply(function, vec![term.clone(), affix.clone()], span)?;
            terms.push(affix);
            parts.push(part.expr);
        }
        let scope = self.scope_of(&terms.iter().collect::<Vec<_>>(), span)?;
        Ok(Value::Scalar(Term {
            expr: any(parts).at(Some(span.clone())),
            scope,
            numpy: false,
        }))
    }

    fn replaced(&mut self, term: Term, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        arguments.only(3, &[])?;
        let constant = arguments
            .need(0, "old")?
            .as_text()
            .is_some_and(|old| !old.is_empty());
        let from = self.text_argument(0, arguments)?;
        let to = self.text_argument(1, arguments)?;
        let count = match arguments.positional.get(2) {
            None => None,
            Some(count) => Some(
                count
                    .as_int()
                    .ok_or_else(|| arguments.refuse("the limit is not constant"))?,
            ),
        };
        let term = match count {
            None | Some(..=-1) if constant => {
                self.apply(Function::Replace, vec![term, from, to], span)?
            }
            count => {
                let count = Term::literal(Literal::Int(count.unwrap_or(-1)));
                self.python(F::ReplaceSome, vec![term, from, to, count], span)?
            }
        };
        Ok(Value::Scalar(term))
    }

    fn joined(
        &mut self,
        receiver: Option<&Literal>,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        arguments.only(1, &[])?;
        let Some(Literal::Text(glue)) = receiver else {
            return Err(arguments.refuse("the text between the parts is not constant"));
        };
        let joined = arguments.need(0, "iterable")?.clone();
        if let Value::Parts(parts) = &joined {
            let glue = Term::literal(Literal::Text(glue.clone()));
            return match &parts.separator {
                None if parts.most < 0 => Ok(Value::Scalar(self.python(
                    F::JoinWords,
                    vec![parts.text.clone(), glue],
                    span,
                )?)),
                Some(separator) if parts.most < 0 => Ok(Value::Scalar(self.apply(
                    Function::Replace,
                    vec![
                        parts.text.clone(),
                        Term::literal(Literal::Text(separator.clone())),
                        glue,
                    ],
                    span,
                )?)),
                _ => Err(arguments.refuse("a text split a limited number of times")),
            };
        }
        let Some(items) = self.fixed_items(&joined) else {
            return Err(arguments.refuse("it joins a list of changing length"));
        };
        let mut terms = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                terms.push(Term::literal(Literal::Text(glue.clone())));
            }
            let item = self.scalar(item, &arguments.construct, span)?;
            let item = self.known(item, &arguments.construct, "None raises TypeError", span)?;
            if self.type_of(&item)?.base != Base::Text {
                return Err(arguments.refuse("it joins something else than texts"));
            }
            terms.push(item);
        }
        self.concatenated(terms, span)
    }

    /// Number of parts of a split text.
    pub(crate) fn part_count(&mut self, parts: &Parts, span: &Span) -> Result<Term, Refusal> {
        match &parts.separator {
            None if parts.most < 0 => self.python(F::SplitCount, vec![parts.text.clone()], span),
            None => Err(Refusal::new(
                "split text",
                "words counted up to a limit are not lifted",
                Some(span.clone()),
            )),
            Some(separator) => self.python(
                F::PartCount,
                vec![
                    parts.text.clone(),
                    Term::literal(Literal::Text(separator.clone())),
                    Term::literal(Literal::Int(parts.most)),
                ],
                span,
            ),
        }
    }

    /// `text.split(…)[index]`.
    pub(crate) fn part(
        &mut self,
        parts: &Parts,
        index: i64,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let always = parts.separator.is_some() && matches!(index, 0 | -1);
        if !always {
            let least = if index < 0 { -index } else { index + 1 };
            let count = self.part_count(parts, span)?;
            let enough = self.at_least(count, least, span);
            self.require(
                &enough,
                "split text",
                "a part that is not there raises IndexError",
                span,
            )?;
        }
        self.part_unchecked(parts, index, span)
    }

    fn part_unchecked(&mut self, parts: &Parts, index: i64, span: &Span) -> Result<Value, Refusal> {
        let text = parts.text.clone();
        let most = Term::literal(Literal::Int(parts.most));
        let place = Term::literal(Literal::Int(index));
        let term = match &parts.separator {
            None => self.python(F::Word, vec![text, most, place], span)?,
            Some(separator) => {
                let separator = Term::literal(Literal::Text(separator.clone()));
                let function = if parts.from_end {
                    F::PartFromEnd
                } else {
                    F::Part
                };
                self.python(function, vec![text, separator, most, place], span)?
            }
        };
        Ok(Value::Scalar(term))
    }

    /// `a, b = text.split(…)`.
    pub(crate) fn unpacked_parts(
        &mut self,
        parts: &Parts,
        wanted: usize,
        span: &Span,
    ) -> Result<Vec<Value>, Refusal> {
        let count = self.part_count(parts, span)?;
        let fits = Term {
            expr: Expr::compare(
                Comparison::Eq,
                Flavour::Python,
                count.expr,
                Expr::int(wanted as i64),
            )
            .at(Some(span.clone())),
            ..count
        };
        self.require(
            &fits,
            "unpacking",
            "another number of parts raises ValueError",
            span,
        )?;
        (0..wanted)
            .map(|index| self.part_unchecked(parts, index as i64, span))
            .collect()
    }

    /// `part in text.split(…)`.
    pub(crate) fn has_part(
        &mut self,
        parts: &Parts,
        part: &Value,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let part = self.scalar(part, "operator `in`", span)?;
        let ty = self.type_of(&part)?;
        if parts.most >= 0 || ty.base != Base::Text || ty.missing.none {
            return Err(Refusal::new(
                "operator `in`",
                "membership among these parts is not lifted",
                Some(span.clone()),
            ));
        }
        let text = parts.text.clone();
        match &parts.separator {
            None => self.python(F::HasWord, vec![text, part], span),
            Some(separator) => {
                let separator = Term::literal(Literal::Text(separator.clone()));
                self.python(F::HasPart, vec![text, separator, part], span)
            }
        }
    }

    fn at_least(&self, count: Term, least: i64, span: &Span) -> Term {
        let _ = self;
        Term {
            expr: Expr::compare(
                Comparison::Ge,
                Flavour::Python,
                count.expr,
                Expr::int(least),
            )
            .at(Some(span.clone())),
            ..count
        }
    }

    /// `text[index]`.
    pub(crate) fn character(
        &mut self,
        text: &Term,
        index: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let text = self.known(text.clone(), "subscript", "None raises TypeError", span)?;
        let index = self.scalar(index, "subscript", span)?;
        let (ty, at) = (self.type_of(&text)?, self.type_of(&index)?);
        if ty.base != Base::Text || at.base != Base::Int64 || at.missing.possible() {
            return Err(Refusal::new(
                "subscript",
                format!("{ty} is read at {at}"),
                Some(span.clone()),
            ));
        }
        let length = self.apply(Function::Length, vec![text.clone()], span)?;
        let inside = match index.as_literal() {
            Some(Literal::Int(place)) => {
                let least = if *place < 0 { -place } else { place + 1 };
                self.at_least(length, least, span)
            }
            _ => {
                let scope = self.scope_of(&[&text, &index], span)?;
                let compare =
                    |comparison, a: Expr, b: Expr| Expr::compare(comparison, Flavour::Python, a, b);
                let negative = Expr::call(Function::Negate, vec![length.expr.clone()]);
                Term {
                    expr: all([
                        compare(Comparison::Lt, index.expr.clone(), length.expr),
                        compare(Comparison::Ge, index.expr.clone(), negative),
                    ]),
                    scope,
                    numpy: false,
                }
            }
        };
        self.require(
            &inside,
            "subscript",
            "a place beyond the end of the text raises IndexError",
            span,
        )?;
        Ok(Value::Scalar(self.python(
            F::CharacterAt,
            vec![text, index],
            span,
        )?))
    }

    /// `text[lower:upper:step]`.
    pub(crate) fn cut(
        &mut self,
        text: &Term,
        (lower, upper): (Option<&Value>, Option<&Value>),
        span: &Span,
    ) -> Result<Value, Refusal> {
        let text = self.known(text.clone(), "slice", "None raises TypeError", span)?;
        if self.type_of(&text)?.base != Base::Text {
            return Err(Refusal::new(
                "slice",
                "only texts and lists are cut",
                Some(span.clone()),
            ));
        }
        let constant = |bound: Option<&Value>| match bound {
            None => Some(None),
            Some(value) => value.as_int().map(Some),
        };
        if let (Some(from), Some(to)) = (constant(lower), constant(upper)) {
            // What has a counterpart in SQL keeps its name.
            let plain = match (from, to) {
                (_, None) | (None | Some(0), Some(_)) => to != Some(0),
                (Some(from), Some(to)) => from >= 0 && to >= 0,
            };
            if plain {
                let bound =
                    |end: Option<i64>| Term::literal(end.map_or(Literal::None, Literal::Int));
                return Ok(Value::Scalar(self.apply(
                    Function::Slice,
                    vec![text, bound(from), bound(to)],
                    span,
                )?));
            }
        }
        let mut terms = vec![text];
        for (bound, open) in [(lower, 0), (upper, i64::MAX)] {
            let term = match bound {
                None => Term::literal(Literal::Int(open)),
                Some(value) => self.scalar(value, "slice", span)?,
            };
            let ty = self.type_of(&term)?;
            if ty.base != Base::Int64 || ty.missing.possible() {
                return Err(Refusal::new(
                    "slice",
                    "its bounds are not integers that are always there",
                    Some(span.clone()),
                ));
            }
            terms.push(term);
        }
        Ok(Value::Scalar(self.python(F::Substring, terms, span)?))
    }
}
