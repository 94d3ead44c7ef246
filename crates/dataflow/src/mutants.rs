//! Wrong variants of lowering rules and printers, to see that a test notices each.
//!
//! A variant is asked for where the right thing is done, so that it stands beside it and changes with it. It
//! can only be switched on in a build with the feature `rule-mutants`, which no other crate enables: without
//! it the question is the constant `false`. `cargo xtask rule-mutants` makes such a build of the tests and
//! runs them once for each variant.

macro_rules! mutants {
    ($( $(#[doc = $text:literal])* $name:ident = $word:literal, )*) => {
        /// A wrong variant of a rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum RuleMutant {
            $( $(#[doc = $text])* $name, )*
        }

        impl RuleMutant {
            /// All of them, each with the word that switches it on and what it does.
            pub const ALL: &'static [(Self, &'static str, &'static str)] =
                &[$( (Self::$name, $word, concat!($($text),*)), )*];
        }
    };
}

mutants! {
    /// Lookups join inner: rows without a match are lost.
    LookupInner = "lookup-inner",
    /// Lookups compare keys with `=`: None finds nothing.
    LookupNotNullSafe = "lookup-not-null-safe",
    /// A key counts as absent when its value is missing.
    LookupPresenceByValue = "lookup-presence-by-value",
    /// Nothing asks that a looked-up key is unique.
    LookupNotUnique = "lookup-not-unique",
    /// The first row of a key wins where the last does, and the other way round.
    PickOther = "pick-other",
    /// Rows that touch no entry are grouped all the same.
    EntriesUnfiltered = "entries-unfiltered",
    /// Groups stand by key, not by first appearance.
    GroupsByKey = "groups-by-key",
    /// Nothing asks that 0.0 and -0.0 do not meet in a key.
    KeyZeroSign = "key-zero-sign",
    /// NaN keys are grouped together.
    KeyNan = "key-nan",
    /// Among equally good records the other one is kept.
    BestTie = "best-tie",
    /// The worst record is kept.
    BestDirection = "best-direction",
    /// Best records stand in the order of their value.
    BestOrder = "best-order",
    /// The best record of the key None is lost.
    BestNotNullSafe = "best-not-null-safe",
    /// Records are appended for every row.
    AppendUnfiltered = "append-unfiltered",
    /// Several records of one row stand in reverse.
    EmissionsReversed = "emissions-reversed",
    /// Aggregates count rows that change nothing.
    AggregateUnfiltered = "aggregate-unfiltered",
    /// A value that can raise is computed on rows that do not need it.
    AggregateUnguarded = "aggregate-unguarded",
    /// A sum forgets what it starts from.
    SumStart = "sum-start",
    /// The first row's own addition stays in the sum.
    SumOwn = "sum-own",
    /// Several floats per row are summed apart.
    SumSeveral = "sum-several",
    /// Nothing asks that something was added to the int 0 a float sum starts from.
    SumOccurs = "sum-occurs",
    /// Nothing asks that 0.0 and -0.0 do not meet.
    ZeroSign = "zero-sign",
    /// An extreme forgets what it starts from.
    ExtremeStart = "extreme-start",
    /// The smallest is kept where the largest is.
    ExtremeDirection = "extreme-direction",
    /// The first value is kept where the last one is.
    LastIsFirst = "last-is-first",
    /// A variable counts as untouched when its last value is missing.
    LastPresenceByValue = "last-presence-by-value",
    /// None fills a variable that is None.
    FillNone = "fill-none",
    /// All rows must satisfy a test that one would.
    FlagAll = "flag-all",
    /// Running values are those of the rows of all keys.
    RunningPartition = "running-partition",
    /// A running value ends one row early, and its value before the row one row late.
    RunningFrame = "running-frame",
    /// A running value that is set anew keeps what came before.
    RunningReset = "running-reset",
    /// The value of the row before is taken from the row after.
    RunningDirection = "running-direction",
    /// Every key counts as seen before its first row.
    RunningPresence = "running-presence",
    /// A key counts as seen before the row that creates it.
    RunningCreates = "running-creates",
    /// Rows that touch no entry change it all the same.
    RunningTouches = "running-touches",
    /// The first row of a key sets what later rows set.
    RunningFirst = "running-first",
    /// A loop leaves behind what it held after its first row.
    RunningLast = "running-last",
    /// A loop over no rows leaves nothing behind.
    RunningInitial = "running-initial",
    /// Keys that no row touches are left behind, too.
    RunningUntouched = "running-untouched",
    /// A join's keys are compared with `=` where missing equals missing.
    SqlJoinEquals = "sql-join-equals",
    /// Python's equality of what may be None is printed as `=`.
    SqlEquals = "sql-equals",
    /// What drops rows of the right side of a left join is asked after the join.
    SqlLeftFilter = "sql-left-filter",
    /// Every row of a left join counts as matched.
    SqlPresence = "sql-presence",
    /// Rows without a match are kept where those with one are.
    SqlHalfJoin = "sql-half-join",
    /// A sort forgets the order among equals.
    SqlSortTies = "sql-sort-ties",
    /// A sort tells -0.0 from 0.0.
    SqlSortZero = "sql-sort-zero",
    /// The first row of a key is numbered first where the last is wanted.
    SqlPickLast = "sql-pick-last",
    /// A key stands where its last row does.
    SqlPickPlace = "sql-pick-place",
    /// Parts of a union stand in any order.
    SqlUnionOrder = "sql-union-order",
    /// Aggregates count all rows of a group.
    SqlAggregateFilter = "sql-aggregate-filter",
    /// The sum of nothing is NULL.
    SqlSumEmpty = "sql-sum-empty",
    /// A float sum is added in any order.
    SqlSumUnordered = "sql-sum-unordered",
    /// A running value ends one row early.
    SqlFrame = "sql-frame",
    /// A sum passes over NaN.
    SqlSumNan = "sql-sum-nan",
    /// A flag of no rows is NULL.
    SqlFlagEmpty = "sql-flag-empty",
    /// A test that can fail is evaluated beside the test that guards it.
    SqlUnguarded = "sql-unguarded",
    /// A test that is NULL is not turned by NOT.
    SqlNotNull = "sql-not-null",
    /// A missing value is in no list and outside of none.
    SqlInMissing = "sql-in-missing",
    /// Ties in a window stand in any order.
    SqlWindowTies = "sql-window-ties",
    /// A window sees the rows of all partitions.
    SqlWindowWhole = "sql-window-whole",
    /// The row before is taken from after.
    SqlWindowDirection = "sql-window-direction",
    /// A window counts rows its filter leaves out.
    SqlWindowFilter = "sql-window-filter",
    /// A frame that ends at the row ends before it.
    SqlWindowFrame = "sql-window-frame",
}

impl RuleMutant {
    /// Whether this build does the wrong thing here.
    #[cfg(not(feature = "rule-mutants"))]
    #[inline]
    pub const fn is_on(self) -> bool {
        false
    }

    /// Whether this build does the wrong thing here.
    #[cfg(feature = "rule-mutants")]
    pub fn is_on(self) -> bool {
        static ON: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
        // The one place where a pure crate asks its surroundings, and not in any product.
        let on = ON.get_or_init(|| std::env::var("RULE_MUTANT").ok());
        let word = Self::ALL
            .iter()
            .find(|(mutant, ..)| *mutant == self)
            .map(|(_, word, _)| *word);
        on.as_deref().is_some_and(|on| Some(on) == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_differ() {
        for (index, (_, word, _)) in RuleMutant::ALL.iter().enumerate() {
            assert!(
                RuleMutant::ALL[..index]
                    .iter()
                    .all(|(_, other, _)| other != word),
                "{word}"
            );
        }
    }

    #[cfg(not(feature = "rule-mutants"))]
    #[test]
    fn none_can_be_switched_on() {
        assert!(RuleMutant::ALL.iter().all(|(mutant, ..)| !mutant.is_on()));
    }
}
