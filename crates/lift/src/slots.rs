//! From the changes of one variable to aggregates.
//!
//! All cases of a loop body must change the variable in ways one aggregate can express together. What
//! the variable starts with is found by comparing, case by case, the value it has after its first row
//! with the change that the same row would make later.

use relift_dataflow::{
    Aggregate, AggregateFunction, Base, ColumnType, Dataflow, Expr, ExprKind, Function, Literal,
    NodeId, Op, RuleMutant, Schema, simplify, type_of,
};
use relift_job::ColumnName;

use crate::Level;
use crate::changes::{Change, is_exact, is_single_addition, recognise};
use crate::conditions::{Cases, Scope, any, may_raise, reads_previous, same, split, split_by};

/// The aggregates of one variable and its value over them.
#[derive(Clone, Debug)]
pub(crate) struct SlotPlan {
    pub(crate) aggregates: Vec<(ColumnName, Aggregate)>,
    pub(crate) value: Expr,
    pub(crate) level: Level,
    pub(crate) reason: &'static str,
    /// Conditions on every row.
    pub(crate) holds: Vec<(Expr, &'static str)>,
    /// Some row must satisfy this.
    pub(crate) occurs: Option<(Expr, &'static str)>,
}

/// How a variable begins.
pub(crate) enum Start<'a> {
    /// With this value of the first row that touches it, among rows that satisfy `creates`.
    First { value: &'a Expr, creates: &'a Expr },
    /// With this value before the first row.
    Initial(&'a Expr),
}

/// What one case of the body does: the value after a first row (none when the variable starts before
/// the rows), and the change later.
struct Case {
    first: Option<Expr>,
    change: Change,
    single: bool,
}

/// Plans the variable `name` of type `ty`.
pub(crate) fn plan(
    scope: &Scope<'_>,
    name: &ColumnName,
    ty: ColumnType,
    start: &Start<'_>,
    next: &Expr,
) -> Result<SlotPlan, String> {
    // Whether the first row compares with a constant can be a case of its own or part of its value.
    let reason = match plan_by(scope, name, ty, start, next, 2) {
        Ok(plan) => return Ok(plan),
        Err(reason) => reason,
    };
    plan_by(scope, name, ty, start, next, 1).map_err(|_| reason)
}

/// Plans with the first `deciding` of the later and the first value taken apart into cases.
fn plan_by(
    scope: &Scope<'_>,
    name: &ColumnName,
    ty: ColumnType,
    start: &Start<'_>,
    next: &Expr,
    deciding: usize,
) -> Result<SlotPlan, String> {
    let too_many = || "it depends on too many conditions".to_owned();
    let split_cases = match start {
        Start::First { value, creates } => split_by(
            scope,
            std::slice::from_ref(*creates),
            &[next.clone(), (*value).clone()],
            deciding,
        ),
        Start::Initial(_) => split(scope, &[], std::slice::from_ref(next)),
    }
    .ok_or_else(too_many)?;
    let mut reason = None;
    let mut undecided = false;
    let cases = split_cases.occurring(&mut |(conditions, values)| {
        let outside = conditions.first().is_some_and(Expr::is_false);
        if let Some(creates) = conditions.first()
            && !creates.is_false()
            && !creates.is_true()
        {
            undecided = true;
        }
        if outside {
            // Such rows are left out altogether, so they must not change an entry that is there.
            if recognise(&values[0], name, ty) != Ok(Change::Keep) {
                reason = Some("a row that cannot create the entry changes it later");
            }
            return None;
        }
        let change = match recognise(&values[0], name, ty) {
            Ok(change) => change,
            Err(text) => {
                reason = reason.or(Some(text));
                Change::Keep
            }
        };
        Some(std::rc::Rc::new(Case {
            first: values.get(1).cloned(),
            change,
            single: is_single_addition(&values[0]),
        }))
    });
    if let Some(reason) = reason {
        return Err(reason.to_owned());
    }
    if undecided {
        return Err("whether a row creates the entry is not decided by true-or-false tests".into());
    }
    let Some(cases) = cases else {
        return Err("no row ever creates the entry".into());
    };
    let planner = Planner {
        scope,
        name,
        ty,
        initial: match start {
            Start::Initial(value) => Some((*value).clone()),
            Start::First { .. } => None,
        },
        cases: cases.map(&mut |case| Case {
            first: case.first.clone(),
            change: case.change.clone(),
            single: case.single,
        }),
    };
    planner.plan()
}

struct Planner<'a> {
    scope: &'a Scope<'a>,
    name: &'a ColumnName,
    ty: ColumnType,
    initial: Option<Expr>,
    cases: Cases<Case>,
}

impl Planner<'_> {
    fn plan(&self) -> Result<SlotPlan, String> {
        if let Some(initial) = &self.initial
            && !initial.columns().is_empty()
        {
            return Err("its initial value reads a row".into());
        }
        let changes: Vec<&Change> = self
            .cases
            .leaves()
            .into_iter()
            .map(|case| &case.change)
            .filter(|change| **change != Change::Keep)
            .collect();
        let all = |is: fn(&Change) -> bool| changes.iter().all(|change| is(change));
        if changes.is_empty() {
            self.kept()
        } else if all(|change| matches!(change, Change::Set(_))) {
            self.replaced()
        } else if all(|change| matches!(change, Change::Add(_))) {
            self.added()
        } else if all(|change| matches!(change, Change::Extreme { .. })) {
            self.extreme()
        } else if all(|change| matches!(change, Change::Fill(_))) {
            self.filled()
        } else if all(|change| matches!(change, Change::Or(_))) {
            self.flagged(true)
        } else if all(|change| matches!(change, Change::And(_))) {
            self.flagged(false)
        } else {
            Err("it is accumulated on some rows and replaced on others".into())
        }
    }

    /// The condition under which a row changes the variable.
    fn changes(&self) -> Expr {
        self.cases.condition(&|case| case.change != Change::Keep)
    }

    /// `value` of the cases that change the variable, as one expression.
    fn changed(&self, value: &impl Fn(&Change) -> Option<Expr>) -> Expr {
        self.cases
            .occurring(&mut |case| value(&case.change))
            .map_or_else(Expr::none, Cases::into_expr)
    }

    /// First values of the cases that leave the variable alone.
    fn first_when_kept(&self) -> Option<Expr> {
        self.cases
            .occurring(&mut |case| match case.change {
                Change::Keep => case.first.clone(),
                _ => None,
            })
            .map(Cases::into_expr)
    }

    fn type_of(&self, expr: &Expr) -> Result<ColumnType, String> {
        type_of(
            expr,
            self.scope.schema,
            self.scope.previous,
            self.scope.flow,
        )
        .map_err(|error| error.to_string())
    }

    fn never_negative_zero(&self, value: &Expr) -> bool {
        never_negative_zero(self.scope.flow, self.scope.input, value)
    }

    fn part(&self, suffix: &str) -> ColumnName {
        ColumnName::from(format!("{}_{suffix}", self.name))
    }

    fn single(
        &self,
        function: AggregateFunction,
        argument: Option<Expr>,
        filter: &Expr,
        level: Level,
        reason: &'static str,
    ) -> SlotPlan {
        SlotPlan {
            aggregates: vec![(self.name.clone(), aggregate(function, argument, filter))],
            value: Expr::column(self.name.clone()),
            level,
            reason,
            holds: Vec::new(),
            occurs: None,
        }
    }

    fn kept(&self) -> Result<SlotPlan, String> {
        const REASON: &str = "the first row of a key decides and later rows leave the value alone";
        if let Some(initial) = &self.initial {
            return Ok(SlotPlan {
                aggregates: Vec::new(),
                value: initial.clone(),
                level: Level::Flat,
                reason: "no row changes the value",
                holds: Vec::new(),
                occurs: None,
            });
        }
        let first = self.first_when_kept().ok_or("it has no first value")?;
        if first.columns().is_empty() && first.relations().is_empty() {
            return Ok(SlotPlan {
                aggregates: Vec::new(),
                value: first,
                level: Level::Flat,
                reason: "the value is the same for every key",
                holds: Vec::new(),
                occurs: None,
            });
        }
        let always = Expr::bool(true);
        Ok(self.single(
            AggregateFunction::First,
            Some(first),
            &always,
            Level::OrderedAggregate,
            REASON,
        ))
    }

    fn replaced(&self) -> Result<SlotPlan, String> {
        const REASON: &str = "each row replaces the value, so the last one decides";
        let changes = self.changes();
        let value = self.changed(&|change| match change {
            Change::Set(value) => Some(value.clone()),
            _ => None,
        });
        for case in self.cases.leaves() {
            if let (Change::Set(later), Some(first)) = (&case.change, &case.first)
                && !same(later, first)
            {
                return Err(
                    "the first row of a key sets another value than the same row would set later"
                        .into(),
                );
            }
        }
        let before = match &self.initial {
            Some(initial) => Some(initial.clone()),
            None => self.first_when_kept(),
        };
        let literal_bool = |expr: &Expr| match expr.as_literal() {
            Some(Literal::Bool(value)) => Some(*value),
            _ => None,
        };
        if let (Some(set), Some(start)) =
            (literal_bool(&value), before.as_ref().and_then(literal_bool))
            && set != start
        {
            let mut plan = self.single(
                AggregateFunction::Any,
                Some(changes),
                &Expr::bool(true),
                Level::Flat,
                "the flag is set by any row that satisfies the test",
            );
            if !set {
                plan.value = plan.value.negated();
            }
            return Ok(plan);
        }
        let Some(before) = before.filter(|before| !is_none(before)) else {
            return Ok(self.single(
                last_of(),
                Some(guarded(value, &changes)),
                &changes,
                Level::OrderedAggregate,
                REASON,
            ));
        };
        let (last, touched, start) = (self.part("last"), self.part("set"), self.part("first"));
        let mut plan = self.single(
            last_of(),
            Some(guarded(value.clone(), &changes)),
            &changes,
            Level::OrderedAggregate,
            REASON,
        );
        plan.aggregates[0].0 = last.clone();
        plan.aggregates.push((
            touched.clone(),
            aggregate(AggregateFunction::Any, Some(changes), &Expr::bool(true)),
        ));
        let otherwise = if before.columns().is_empty() && before.relations().is_empty() {
            before
        } else {
            plan.aggregates.push((
                start.clone(),
                aggregate(AggregateFunction::First, Some(before), &Expr::bool(true)),
            ));
            Expr::column(start)
        };
        let set = self.known(Expr::column(last), &value)?;
        let mut test = Expr::column(touched);
        if RuleMutant::LastPresenceByValue.is_on() {
            test = Expr::call(Function::IsMissing, vec![set.clone()]).negated();
        }
        plan.value = Expr::branch(test, set, otherwise);
        Ok(plan)
    }

    /// Marks an aggregate that has at least one row as not missing when its argument never is.
    fn known(&self, column: Expr, argument: &Expr) -> Result<Expr, String> {
        Ok(if self.type_of(argument)?.missing.none {
            column
        } else {
            Expr::call(Function::Known, vec![column])
        })
    }

    fn added(&self) -> Result<SlotPlan, String> {
        match self.ty.base {
            Base::Int64 | Base::Decimal { .. } => self.added_exactly(),
            Base::Float64 => self.added_floats(),
            Base::Number => Err("the value is an int on some rows and a float on others".into()),
            _ => Err("it adds values that are not numbers".into()),
        }
    }

    /// What the variable holds before its first addition, when every case agrees: `None` inside means
    /// that the first addition itself is the start.
    #[expect(
        clippy::option_option,
        reason = "whether the cases agree, and on what, are two questions"
    )]
    fn start_of_sum(&self) -> Option<Option<Expr>> {
        if let Some(initial) = &self.initial {
            return Some(Some(initial.clone()));
        }
        let mut found: Option<Option<Expr>> = None;
        for case in self.cases.leaves() {
            let first = case.first.as_ref()?;
            let start = match &case.change {
                Change::Keep => Some(first.clone()),
                Change::Add(term) if same(first, term) => None,
                Change::Add(term) => Some(start_before(first, term)?),
                _ => return None,
            };
            if let Some(start) = &start
                && !(start.columns().is_empty() && start.relations().is_empty())
            {
                return None;
            }
            match &mut found {
                None => found = Some(start),
                Some(before) if *before == start => {}
                // No start and a start of zero are the same sum.
                Some(before) if is_zero(before.as_ref()) && is_zero(start.as_ref()) => {
                    if before.is_none() {
                        *before = start;
                    }
                }
                Some(_) => return None,
            }
        }
        found
    }

    fn added_exactly(&self) -> Result<SlotPlan, String> {
        const REASON: &str = "sums of integers and decimals do not depend on the order of rows";
        let changes = self.changes();
        let term = self.changed(&|change| match change {
            Change::Add(term) => Some(term.clone()),
            _ => None,
        });
        if self.type_of(&term)?.missing.possible() {
            return Err("an added value may be missing".into());
        }
        let one = |expr: &Expr| matches!(expr.as_literal(), Some(Literal::Int(1)));
        let sum = if one(&term) {
            aggregate(AggregateFunction::Count, None, &changes)
        } else {
            aggregate(
                AggregateFunction::Sum,
                Some(guarded(term.clone(), &changes)),
                &changes,
            )
        };
        let mut plan = SlotPlan {
            aggregates: vec![(self.name.clone(), sum)],
            value: Expr::column(self.name.clone()),
            level: Level::Flat,
            reason: REASON,
            holds: Vec::new(),
            occurs: None,
        };
        if let Some(start) = self.start_of_sum() {
            if let Some(start) = start.filter(|start| !is_neutral(start, self.ty))
                && !RuleMutant::SumStart.is_on()
            {
                let total = self.part("total");
                plan.aggregates[0].0 = total.clone();
                plan.value = Expr::call(Function::Add, vec![start, Expr::column(total)]);
            }
            return Ok(plan);
        }
        // The first row of a key counts differently: take its own addition out and its value in.
        let first = self
            .cases
            .occurring(&mut |case| case.first.clone())
            .map(Cases::into_expr)
            .ok_or("it has no first value")?;
        let zero = || match self.ty.base {
            Base::Decimal { scale, .. } => Expr::literal(Literal::Decimal { unscaled: 0, scale }),
            _ => Expr::int(0),
        };
        let own = self
            .cases
            .map(&mut |case| match &case.change {
                Change::Add(term) => term.clone(),
                _ => zero(),
            })
            .into_expr();
        let (total, start, counted) = (self.part("total"), self.part("first"), self.part("own"));
        plan.aggregates[0].0 = total.clone();
        let mut value = Expr::column(total);
        if (!own.columns().is_empty() || !is_zero(Some(&own))) && !RuleMutant::SumOwn.is_on() {
            value = if own.columns().is_empty() && own.relations().is_empty() {
                Expr::call(Function::Subtract, vec![value, own])
            } else {
                let first = aggregate(AggregateFunction::First, Some(own), &Expr::bool(true));
                plan.aggregates.push((counted.clone(), first));
                Expr::call(Function::Subtract, vec![value, Expr::column(counted)])
            };
        }
        if !is_zero(Some(&first)) {
            let first = if first.columns().is_empty() && first.relations().is_empty() {
                first
            } else {
                plan.aggregates.push((
                    start.clone(),
                    aggregate(AggregateFunction::First, Some(first), &Expr::bool(true)),
                ));
                Expr::column(start)
            };
            value = Expr::call(Function::Add, vec![value, first]);
        }
        plan.value = value;
        plan.level = Level::OrderedAggregate;
        plan.reason = "the first row of a key starts the sum in its own way, \
                       which exact arithmetic can take out again";
        Ok(plan)
    }

    fn added_floats(&self) -> Result<SlotPlan, String> {
        let changes = self.changes();
        let mut terms = Vec::new();
        for case in self.cases.leaves() {
            if let Change::Add(term) = &case.change {
                if !case.single && !RuleMutant::SumSeveral.is_on() {
                    return Err(
                        "it adds several floats per row, which is not the sum of their sums".into(),
                    );
                }
                terms.push(self.type_of(term)?.base);
            }
        }
        let mixed = terms.iter().any(|base| *base != Base::Float64);
        let term = self.changed(&|change| match change {
            Change::Add(term) if mixed => Some(Expr::call(Function::ToFloat, vec![term.clone()])),
            Change::Add(term) => Some(term.clone()),
            _ => None,
        });
        if self.type_of(&term)?.missing.none {
            return Err("an added value may be None".into());
        }
        let start = self.start_of_sum().ok_or(
            "the first row of a key starts the float sum in another way than by adding its value",
        )?;
        if !is_positive_zero_or_absent(start.as_ref()) {
            return Err("a float sum starts from another value than 0".into());
        }
        let mut plan = self.single(
            AggregateFunction::FloatSum,
            Some(guarded(term.clone(), &changes)),
            &changes,
            Level::Window,
            "floats are added one after the other in the order of rows",
        );
        let first_is_term = self.cases.leaves().into_iter().any(|case| {
            matches!((&case.change, &case.first), (Change::Add(term), Some(first)) if same(term, first))
        });
        if first_is_term && !self.never_negative_zero(&term) {
            plan.holds.push((
                not_negative_zero(&term, &changes),
                "a sum that starts with the first value may be -0.0, one that starts from 0.0 may not",
            ));
        }
        if let Some(initial) = &self.initial
            && matches!(initial.as_literal(), Some(Literal::Int(_)))
        {
            plan.occurs = Some((
                changes,
                "a sum of floats that starts with the int 0 stays an int when nothing is added",
            ));
        }
        Ok(plan)
    }

    fn extreme(&self) -> Result<SlotPlan, String> {
        let mut directions = Vec::new();
        let mut empties = Vec::new();
        for case in self.cases.leaves() {
            if let Change::Extreme {
                largest, from_none, ..
            } = &case.change
            {
                directions.push(*largest);
                empties.push(*from_none);
            }
        }
        let largest = directions[0] != RuleMutant::ExtremeDirection.is_on();
        if directions
            .iter()
            .any(|direction| *direction != directions[0])
        {
            return Err("it keeps the largest of some rows and the smallest of others".into());
        }
        let changes = self.changes();
        let value = self.changed(&|change| match change {
            Change::Extreme { value, .. } => Some(value.clone()),
            _ => None,
        });
        let ty = self.type_of(&value)?;
        let float = ty.base == Base::Float64 && !ty.missing.possible();
        if !is_exact(ty) && !float {
            return Err(format!("{ty} values have no order that SQL shares"));
        }
        let (function, scalar) = if largest {
            (AggregateFunction::Max, Function::Greatest)
        } else {
            (AggregateFunction::Min, Function::Least)
        };
        let mut plan = self.single(
            function,
            Some(guarded(value.clone(), &changes)),
            &changes,
            Level::Flat,
            "the best value does not depend on the order of rows",
        );
        if float && !self.never_negative_zero(&value) {
            plan.holds.push((
                not_negative_zero(&value, &changes),
                "0.0 and -0.0 are equal in Python but not in the order of SQL",
            ));
        }
        // What it holds before the first comparison.
        let mut start: Option<Option<Expr>> = None;
        if let Some(initial) = &self.initial {
            start = Some(Some(initial.clone()));
        } else {
            for case in self.cases.leaves() {
                let first = case.first.as_ref().ok_or("it has no first value")?;
                let own = match &case.change {
                    Change::Extreme { value, .. } if same(value, first) => None,
                    Change::Extreme { value, .. } => Some(
                        extreme_start(first, value, largest)
                            .ok_or("the first row of a key starts with another value")?,
                    ),
                    _ => Some(first.clone()),
                };
                start = match (start, own) {
                    (None, own) => Some(own),
                    (Some(before), own) if before == own => Some(before),
                    // A first value taken as it is starts from None.
                    (Some(None), Some(own)) if is_none(&own) => Some(Some(own)),
                    (Some(Some(before)), None) if is_none(&before) => Some(Some(before)),
                    _ => return Err("the first row of a key starts in different ways".into()),
                };
            }
        }
        match start.flatten() {
            None => {}
            Some(_) if RuleMutant::ExtremeStart.is_on() => {}
            Some(start) if is_none(&start) && empties.contains(&false) => {
                return Err("None is compared with a value, which raises TypeError".into());
            }
            Some(start) if is_none(&start) => {}
            Some(start) => {
                if !start.columns().is_empty() || !start.relations().is_empty() {
                    return Err("the comparison starts from a value of the first row".into());
                }
                let start_type = self.type_of(&start)?;
                if start_type.base != ty.base {
                    return Err(format!(
                        "the comparison starts from {start_type} and goes on with {ty}"
                    ));
                }
                let (best, touched) = (self.part("best"), self.part("set"));
                plan.aggregates[0].0 = best.clone();
                plan.aggregates.push((
                    touched.clone(),
                    aggregate(AggregateFunction::Any, Some(changes), &Expr::bool(true)),
                ));
                let best = Expr::call(Function::Known, vec![Expr::column(best)]);
                plan.value = Expr::branch(
                    Expr::column(touched),
                    Expr::call(scalar, vec![start.clone(), best]),
                    start,
                );
            }
        }
        Ok(plan)
    }

    fn filled(&self) -> Result<SlotPlan, String> {
        if let Some(initial) = &self.initial
            && !is_none(initial)
        {
            return Err("it is only replaced while it is None, and does not start so".into());
        }
        for case in self.cases.leaves() {
            if let Some(first) = &case.first {
                let agrees = match &case.change {
                    Change::Fill(value) => same(value, first),
                    _ => is_none(first),
                };
                if !agrees {
                    return Err("the first row of a key sets another value".into());
                }
            }
        }
        let changes = self.changes();
        let value = self.changed(&|change| match change {
            Change::Fill(value) => Some(value.clone()),
            _ => None,
        });
        let mut filter = changes;
        if self.type_of(&value)?.missing.none && !RuleMutant::FillNone.is_on() {
            let given = Expr::call(Function::IsNone, vec![value.clone()]).negated();
            filter = simplify(Expr::all([filter, given]));
        }
        Ok(self.single(
            AggregateFunction::First,
            Some(guarded(value, &filter)),
            &filter,
            Level::OrderedAggregate,
            "the first value that is not None stays",
        ))
    }

    fn flagged(&self, or: bool) -> Result<SlotPlan, String> {
        let start = Expr::bool(!or);
        if let Some(initial) = &self.initial
            && *initial != start
        {
            return Err("the flag starts with the value it is meant to become".into());
        }
        let mut tests = Vec::new();
        for case in self.cases.leaves() {
            let test = match &case.change {
                Change::Or(test) | Change::And(test) => test,
                _ => &start,
            };
            if !self.scope.two_valued(test) {
                return Err("the flag is not a truth value".into());
            }
            if let Some(first) = &case.first
                && !same(first, test)
            {
                return Err("the first row of a key sets the flag in another way".into());
            }
            tests.push(test.clone());
        }
        let test = self
            .cases
            .map(&mut |case| match &case.change {
                Change::Or(test) | Change::And(test) => test.clone(),
                _ => start.clone(),
            })
            .into_expr();
        let function = if or == RuleMutant::FlagAll.is_on() {
            AggregateFunction::All
        } else {
            AggregateFunction::Any
        };
        Ok(self.single(
            function,
            Some(test),
            &Expr::bool(true),
            Level::Flat,
            "whether some or all rows satisfy the test does not depend on their order",
        ))
    }
}

/// An aggregate over the rows of `filter`.
fn aggregate(function: AggregateFunction, argument: Option<Expr>, filter: &Expr) -> Aggregate {
    Aggregate {
        function,
        argument,
        filter: (!filter.is_true() && !RuleMutant::AggregateUnfiltered.is_on())
            .then(|| filter.clone()),
    }
}

/// What picks the value of the last row.
fn last_of() -> AggregateFunction {
    if RuleMutant::LastIsFirst.is_on() {
        AggregateFunction::First
    } else {
        AggregateFunction::Last
    }
}

/// The value, not evaluated on other rows when it could raise there.
fn guarded(value: Expr, filter: &Expr) -> Expr {
    if filter.is_true() || !may_raise(&value) || RuleMutant::AggregateUnguarded.is_on() {
        value
    } else {
        Expr::branch(filter.clone(), value, Expr::none())
    }
}

/// The `x` of `x + term` or `x - term'`.
fn start_before(first: &Expr, term: &Expr) -> Option<Expr> {
    let ExprKind::Call(function, arguments) = &first.kind else {
        return None;
    };
    let [left, right] = &arguments[..] else {
        return None;
    };
    match function {
        Function::Add if same(right, term) => Some(left.clone()),
        Function::Add if same(left, term) => Some(right.clone()),
        Function::Subtract if same(&Expr::call(Function::Negate, vec![right.clone()]), term) => {
            Some(left.clone())
        }
        _ => None,
    }
}

/// The `s` of `max(s, x)`, also written as a choice.
fn extreme_start(first: &Expr, value: &Expr, largest: bool) -> Option<Expr> {
    match &first.kind {
        ExprKind::Call(function @ (Function::Greatest | Function::Least), arguments) => {
            if largest != (*function == Function::Greatest) {
                return None;
            }
            match &arguments[..] {
                [a, b] if same(b, value) => Some(a.clone()),
                [a, b] if same(a, value) => Some(b.clone()),
                _ => None,
            }
        }
        ExprKind::If { arms, otherwise } => {
            let [(_, taken)] = &arms[..] else { return None };
            let start = if same(taken, value) {
                otherwise.as_ref()
            } else if same(otherwise, value) {
                taken
            } else {
                return None;
            };
            // The choice must be the one `recognise` accepts with the start as the old value.
            let name = ColumnName::from("start");
            if reads_previous(first) || start.as_literal().is_none() {
                return None;
            }
            let pattern = first.clone().map(&mut |part| {
                if part == *start {
                    Expr::new(ExprKind::Previous(name.clone()))
                } else {
                    part
                }
            });
            match recognise(&pattern, &name, ColumnType::of(Base::Nothing)) {
                Ok(Change::Extreme {
                    value: other,
                    largest: direction,
                    ..
                }) if direction == largest && same(&other, value) => Some(start.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_none(expr: &Expr) -> bool {
    matches!(expr.as_literal(), Some(Literal::None))
}

fn is_zero(start: Option<&Expr>) -> bool {
    match start.map(Expr::as_literal) {
        None => true,
        Some(Some(Literal::Int(0))) => true,
        Some(Some(Literal::Decimal { unscaled: 0, .. })) => true,
        Some(Some(Literal::Float(value))) => *value == 0.0 && value.is_sign_positive(),
        Some(_) => false,
    }
}

/// Whether adding it changes neither value nor type.
fn is_neutral(start: &Expr, ty: ColumnType) -> bool {
    match (start.as_literal(), ty.base) {
        (Some(Literal::Int(0)), Base::Int64) => true,
        (
            Some(Literal::Decimal {
                unscaled: 0,
                scale: digits,
            }),
            Base::Decimal { scale, .. },
        ) => *digits <= scale,
        _ => false,
    }
}

fn is_positive_zero_or_absent(start: Option<&Expr>) -> bool {
    !matches!(
        start.and_then(Expr::as_literal),
        Some(Literal::Decimal { .. })
    ) && is_zero(start)
}

/// The row's value is not -0.0 where it counts.
fn not_negative_zero(value: &Expr, filter: &Expr) -> Expr {
    if RuleMutant::ZeroSign.is_on() {
        return Expr::bool(true);
    }
    let shown = Expr::call(Function::ToText, vec![value.clone()]);
    let test = Expr::compare(
        relift_dataflow::Comparison::Ne,
        relift_dataflow::Flavour::Python,
        shown,
        Expr::text("-0.0"),
    );
    if filter.is_true() {
        test
    } else {
        any([simplify(filter.clone().negated()), test])
    }
}

/// Whether the float is not -0.0, by where it comes from alone.
pub(crate) fn never_negative_zero(flow: &Dataflow, input: NodeId, value: &Expr) -> bool {
    let never = |part: &Expr| never_negative_zero(flow, input, part);
    match &value.kind {
        ExprKind::Literal(Literal::Float(value)) => *value != 0.0 || value.is_sign_positive(),
        ExprKind::Literal(_) => true,
        ExprKind::Column(name) => definition(flow, input, name).is_some_and(|(input, value)| {
            let ty = flow.node(input).schema.ty(name);
            match value {
                Some(value) => never_negative_zero(flow, input, value),
                None => ty.is_some_and(|ty| ty.base != Base::Float64),
            }
        }),
        ExprKind::Call(Function::Absolute, _) => true,
        ExprKind::Call(Function::ToPandasFloat | Function::ToFloat, arguments) => {
            type_of(
                &arguments[0],
                &flow.node(input).schema,
                &Schema::default(),
                flow,
            )
            .is_ok_and(|ty| matches!(ty.base, Base::Int64 | Base::Decimal { .. }))
                || arguments.iter().all(never)
        }
        ExprKind::Call(Function::Known, arguments) => arguments.iter().all(never),
        ExprKind::Call(Function::Add, arguments) => arguments.iter().any(never),
        ExprKind::Call(Function::Subtract, arguments) => never(&arguments[0]),
        ExprKind::If { arms, otherwise } => {
            arms.iter().all(|(_, value)| never(value)) && never(otherwise)
        }
        _ => false,
    }
}

/// Where a column of `node` is computed: the relation it is computed over and the expression, or none
/// when it comes from a lake table.
fn definition<'a>(
    flow: &'a Dataflow,
    node: NodeId,
    name: &ColumnName,
) -> Option<(NodeId, Option<&'a Expr>)> {
    match &flow.node(node).op {
        Op::Scan { .. } => Some((node, None)),
        Op::Map { input, columns } => columns
            .iter()
            .find(|(column, _)| column == name)
            .map(|(_, value)| (*input, Some(value))),
        Op::Window {
            input, functions, ..
        } => (!functions.iter().any(|(made, _)| made == name))
            .then(|| definition(flow, *input, name))?,
        Op::Filter { input, .. }
        | Op::Sort { input, .. }
        | Op::Limit { input, .. }
        | Op::Distinct { input }
        | Op::When { input, .. }
        | Op::Pick { input, .. } => definition(flow, *input, name),
        Op::Join { left, right, .. } => {
            let side = [*left, *right]
                .into_iter()
                .find(|side| flow.node(*side).schema.has(name))?;
            definition(flow, side, name)
        }
        Op::Values { .. }
        | Op::Aggregate { .. }
        | Op::Union { .. }
        | Op::Running(_)
        | Op::Fold(_)
        | Op::State { .. } => None,
    }
}
