//! What a variable of an External can hold while it is executed symbolically.
//!
//! Immutable things are values; things Python can change in place are [`Object`]s with an identity, so that
//! two names of one list see each other's changes. A [`Template`] is a value over the columns of some
//! relation; it becomes a value of the current row when a loop over that relation begins.

use std::rc::Rc;

use relift_dataflow::{Expr, ExprKind, Literal, NodeId, Refusal};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::classes::ClassId;
use crate::databases::{Cursor, Database};

/// Numbers the loops over rows, so that values of different rows are never mixed.
pub(crate) type Scope = u32;

/// Values that read no columns.
pub(crate) const NO_ROW: Scope = 0;

/// Columns of a template's relation.
pub(crate) const TEMPLATE: Scope = u32::MAX;

/// A scalar: an expression, the row it reads, and whether numpy made it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Term {
    pub(crate) expr: Expr,
    pub(crate) scope: Scope,
    /// numpy scalars round and print differently from Python's.
    pub(crate) numpy: bool,
}

impl Term {
    pub(crate) fn constant(expr: Expr) -> Self {
        Self {
            expr,
            scope: NO_ROW,
            numpy: false,
        }
    }

    pub(crate) fn literal(literal: Literal) -> Self {
        Self::constant(Expr::literal(literal))
    }

    pub(crate) fn template(column: &ColumnName) -> Self {
        Self {
            expr: Expr::column(column.clone()),
            scope: TEMPLATE,
            numpy: false,
        }
    }

    /// The same place in the code, when the expression has none yet.
    pub(crate) fn at(mut self, span: &Span) -> Self {
        if self.expr.span.is_none() {
            self.expr.span = Some(span.clone());
        }
        self
    }

    pub(crate) fn as_literal(&self) -> Option<&Literal> {
        self.expr.as_literal()
    }
}

pub(crate) type ObjectId = u32;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Scalar(Term),
    Tuple(Vec<Value>),
    /// A list that was stored in a relation; thawed where it may be changed again.
    FrozenList(Vec<Value>),
    Record(Rc<Record>),
    Object(ObjectId),
    Series(Series),
    /// `frame.groupby(…)`.
    Grouped(Box<crate::pandas::groups::Grouped>),
    /// `column.rolling(…)`.
    Rolling(Box<crate::pandas::rolling::Rolling>),
    /// `pd.cut(…)`.
    Categories(Box<crate::pandas::bins::Categories>),
    /// A series or frame of pandas whose rows are labelled.
    Indexed(Box<crate::pandas::indexed::Indexed>),
    /// Index into the lowerer's functions.
    Function(usize),
    /// Index into the lowerer's classes.
    Class(ClassId),
    /// Something that was made to be called.
    Made(Rc<crate::callables::Made>),
    /// A module or something in it, by its full name: `pandas.DataFrame`.
    Global(Rc<str>),
    /// Something with an attribute that is about to be called or used.
    Bound(Box<Value>, Rc<str>),
    /// One of two values that do not merge into one.
    Choice(Box<Choice>),
    /// Rows that are looped over once: `frame.iterrows()`, `d.items()`.
    Rows(Box<Relation>),
    /// A list that nobody changes, of the rows that belong to a key or to the current row.
    Matching(Box<Matching>),
    /// A set that was stored in a relation: the different rows that belong to a key.
    Members(Box<Mapping>),
    /// The part of the shared state that is a dictionary of frames.
    SharedState,
    /// `timedelta(days=n)` and differences of dates, in days.
    Days(Term),
    /// Other time differences, in microseconds.
    Span(Term),
    /// A Decimal with as many digits as its context keeps, as the text `str` gives it.
    Exact(Term),
    /// `text.split(…)`.
    Parts(Box<Parts>),
    /// A dictionary in the entry of another, as a part of one by pairs.
    Within(Box<Part>),
    /// Not understood; an error only where it is needed.
    Unknown(Rc<Refusal>),
    /// Not assigned on this path.
    Unbound,
}

/// A value that reads columns with the scope [`TEMPLATE`].
pub(crate) type Template = Value;

/// Fields by name or position that nobody changes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) kind: RecordKind,
    pub(crate) fields: Vec<(String, Value)>,
}

impl Record {
    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    }
}

/// What kind of thing a record is in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordKind {
    /// Row of `iterrows` or `apply(axis=1)`.
    Series,
    /// Row of `itertuples`.
    NamedTuple,
    /// Dictionary with constant keys.
    Dict,
    /// Instance of a class.
    Instance(ClassId),
}

/// A vectorised column expression over a frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) frame: NodeId,
    pub(crate) expr: Expr,
}

/// Two values and when it is the first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) condition: Expr,
    pub(crate) scope: Scope,
    pub(crate) yes: Value,
    pub(crate) no: Value,
}

/// A text that was split, of which parts are asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parts {
    pub(crate) text: Term,
    /// White space when there is none.
    pub(crate) separator: Option<String>,
    /// How often it is split at most; always when negative.
    pub(crate) most: i64,
    /// A limited number of splits is counted from the end.
    pub(crate) from_end: bool,
}

/// Rows of a node and what one row is in Python.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Relation {
    pub(crate) node: NodeId,
    pub(crate) element: Template,
}

/// The rows of a relation that belong together: those whose key columns equal the terms, missing being
/// equal to missing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matching {
    pub(crate) relation: Relation,
    pub(crate) on: Vec<(ColumnName, Term)>,
}

/// Something that can be changed in place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Object {
    /// The loop in whose body it was made.
    pub(crate) scope: Scope,
    /// The path on which it was made; what is added later is guarded by what the path says beyond.
    pub(crate) born: Vec<Condition>,
    /// A copy of it stands in a list: a later change would be seen there.
    pub(crate) escaped: bool,
    pub(crate) content: Content,
}

/// What is in an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    List(Vec<Segment>),
    /// A set to which rows add, item by item; which of them are different is asked after the loop.
    Members(Vec<Segment>),
    Dict(Dict),
    /// A dictionary with tuples of constants as keys.
    Table(crate::tables::Table),
    Frame(NodeId),
    /// `DataFrame(columns=[…])`.
    EmptyFrame(Vec<ColumnName>),
    Database(Database),
    Cursor(Cursor),
    Poisoned(Rc<Refusal>),
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Segment {
    /// Conditions under which it is there, beyond those under which the list is.
    pub(crate) guard: Vec<Condition>,
    pub(crate) kind: SegmentKind,
}

/// A condition on the current path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) expr: Expr,
    pub(crate) scope: Scope,
}

impl Condition {
    pub(crate) fn term(&self) -> Term {
        Term {
            expr: self.expr.clone(),
            scope: self.scope,
            numpy: false,
        }
    }
}

/// One item or the rows of a relation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SegmentKind {
    Item(Value),
    Rows(Relation),
    /// Rows that belong to the current row of a loop.
    Matching(Matching),
    /// What earlier rows of the loop being executed have appended.
    Earlier,
}

/// A dictionary or set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dict {
    pub(crate) set: bool,
    /// The class of which it is an instance rather than a dictionary.
    pub(crate) class: Option<ClassId>,
    /// `defaultdict(factory)` and `Counter`.
    pub(crate) factory: Option<Factory>,
    /// Entries with constant keys.
    pub(crate) entries: Vec<(Literal, Value)>,
    pub(crate) rest: Rest,
}

/// Entries whose keys depend on rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rest {
    Nothing,
    /// What earlier rows of the loop being executed have filled in; none of it is touched yet.
    Filling,
    /// The one entry the current row touches.
    Touched(Box<Touched>),
    /// What a finished loop left.
    Built(Box<Mapping>),
    /// It is the entry of another dictionary, and its own entries are kept by pairs of keys.
    Part(Box<Part>),
}

/// The entries of a dictionary whose keys are pairs that have this first part.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// The dictionary whose keys are pairs.
    pub(crate) flat: ObjectId,
    /// The first part; unbound where it is the key under which this stands.
    pub(crate) key: Value,
}

/// The entry of a dictionary that the current row of a loop touches.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Touched {
    pub(crate) key: Value,
    pub(crate) present: Expr,
    pub(crate) value: Value,
    pub(crate) span: Span,
}

/// A dictionary that a loop has built.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mapping {
    pub(crate) node: NodeId,
    pub(crate) keys: Vec<ColumnName>,
    pub(crate) key: Template,
    pub(crate) value: Template,
    /// Further key columns, of which the current row of a loop knows the values: each row of that loop
    /// has a dictionary of its own.
    pub(crate) outer: Vec<(ColumnName, Term)>,
}

/// What a `defaultdict` makes for an absent key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Factory {
    /// `Counter`: 0 when read, without an entry.
    Zero,
    /// A value made by calling it.
    Call(Value),
}

impl Value {
    pub(crate) fn literal(literal: Literal) -> Self {
        Self::Scalar(Term::literal(literal))
    }

    pub(crate) fn none() -> Self {
        Self::literal(Literal::None)
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::literal(Literal::Text(text.to_owned()))
    }

    pub(crate) fn int(value: i64) -> Self {
        Self::literal(Literal::Int(value))
    }

    pub(crate) fn unknown(refusal: Refusal) -> Self {
        Self::Unknown(Rc::new(refusal))
    }

    pub(crate) fn as_literal(&self) -> Option<&Literal> {
        match self {
            Self::Scalar(term) => term.as_literal(),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self.as_literal() {
            Some(Literal::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match self.as_literal() {
            Some(Literal::Int(value)) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.as_literal() {
            Some(Literal::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self.as_literal(), Some(Literal::None))
    }

    /// Word for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "a scalar",
            Self::Tuple(_) => "a tuple",
            Self::FrozenList(_) => "a list",
            Self::Record(record) => match record.kind {
                RecordKind::Series | RecordKind::NamedTuple => "a row",
                RecordKind::Dict => "a dictionary",
                RecordKind::Instance(_) => "an instance of a class",
            },
            Self::Object(_) => "an object",
            Self::Series(_) => "a column of a frame",
            Self::Rolling(_) => "windows over a column",
            Self::Categories(_) => "a column of categories",
            Self::Grouped(_) => "groups of a frame",
            Self::Indexed(_) => "labelled rows of a frame",
            Self::Function(_) | Self::Made(_) => "a function",
            Self::Class(_) => "a class",
            Self::Global(_) => "a name of a module",
            Self::Bound(..) => "a method",
            Self::Choice(_) => "one of two things",
            Self::Rows(_) => "an iterator over rows",
            Self::Matching(_) => "a list of rows",
            Self::Members(_) => "a set of rows",
            Self::SharedState => "the shared state",
            Self::Days(_) | Self::Span(_) => "a time difference",
            Self::Exact(_) => "a Decimal of any number of digits",
            Self::Parts(_) => "a text that was split",
            Self::Within(_) => "a dictionary in a dictionary",
            Self::Unknown(_) => "something not understood",
            Self::Unbound => "nothing",
        }
    }

    /// Rebuilds it with every term changed.
    pub(crate) fn map_terms(&self, change: &mut impl FnMut(&Term) -> Term) -> Value {
        match self {
            Self::Scalar(term) => Self::Scalar(change(term)),
            Self::Days(term) => Self::Days(change(term)),
            Self::Span(term) => Self::Span(change(term)),
            Self::Exact(term) => Self::Exact(change(term)),
            Self::Made(made) => Self::Made(Rc::new(made.map_terms(change))),
            Self::Within(part) => Self::Within(Box::new(Part {
                flat: part.flat,
                key: part.key.map_terms(change),
            })),
            Self::Parts(parts) => Self::Parts(Box::new(Parts {
                text: change(&parts.text),
                ..(**parts).clone()
            })),
            Self::Tuple(items) => {
                Self::Tuple(items.iter().map(|item| item.map_terms(change)).collect())
            }
            Self::FrozenList(items) => {
                Self::FrozenList(items.iter().map(|item| item.map_terms(change)).collect())
            }
            Self::Record(record) => Self::Record(Rc::new(Record {
                kind: record.kind,
                fields: record
                    .fields
                    .iter()
                    .map(|(name, value)| (name.clone(), value.map_terms(change)))
                    .collect(),
            })),
            Self::Choice(choice) => {
                let condition = change(&Term {
                    expr: choice.condition.clone(),
                    scope: choice.scope,
                    numpy: false,
                });
                Self::Choice(Box::new(Choice {
                    condition: condition.expr,
                    scope: condition.scope,
                    yes: choice.yes.map_terms(change),
                    no: choice.no.map_terms(change),
                }))
            }
            // What its element reads are columns of its own relation.
            Self::Matching(matching) => Self::Matching(Box::new(Matching {
                relation: matching.relation.clone(),
                on: matching
                    .on
                    .iter()
                    .map(|(column, term)| (column.clone(), change(term)))
                    .collect(),
            })),
            Self::Members(members) => Self::Members(Box::new(Mapping {
                outer: members
                    .outer
                    .iter()
                    .map(|(column, term)| (column.clone(), change(term)))
                    .collect(),
                ..(**members).clone()
            })),
            other => other.clone(),
        }
    }

    /// A template as a value of the row of `scope`.
    pub(crate) fn in_scope(&self, scope: Scope) -> Value {
        self.map_terms(&mut |term| Term {
            scope: if term.scope == TEMPLATE {
                scope
            } else {
                term.scope
            },
            ..term.clone()
        })
    }

    /// The columns a template reads, with every use replaced by what `value` says.
    pub(crate) fn substitute(
        &self,
        scope: Scope,
        value: &impl Fn(&ColumnName) -> Option<Expr>,
    ) -> Value {
        self.map_terms(&mut |term| Term {
            expr: term.expr.clone().substitute(value),
            scope: if term.scope == TEMPLATE {
                scope
            } else {
                term.scope
            },
            numpy: term.numpy,
        })
    }
}

/// Whether evaluating the expression can raise for some values.
pub(crate) fn may_raise(expr: &Expr) -> bool {
    use relift_dataflow::Function as F;
    let mut found = false;
    expr.walk(&mut |part| {
        if let ExprKind::Call(F::Python(named), _) = &part.kind {
            found |= named.may_raise();
        }
        if let ExprKind::Call(
            F::Divide | F::FloorDivide | F::Modulo | F::ToInt | F::PyRoundToInt,
            arguments,
        ) = &part.kind
            && !arguments
                .iter()
                .all(|argument| argument.as_literal().is_some())
        {
            found = true;
        }
    });
    found
}
