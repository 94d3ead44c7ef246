//! The places a job can be in, and what a role can answer there.

use std::fmt;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in records and tables.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// Reads the word back; `None` when it is none of them.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

words! {
    /// What is being done to a job; each stage belongs to exactly one role.
    Stage {
        /// Its files are found and hashed.
        Discover = "discover",
        /// Its code is read into a dataflow, bad practice is found.
        Analyse = "analyse",
        /// The data answers what the code depends on.
        Profile = "profile",
        /// What it does for the business is written down with evidence.
        Require = "require",
        /// How the rewrite will compute it is decided, construct by construct.
        Specify = "specify",
        /// Tests are written.
        Test = "test",
        /// The set-based job is written.
        Rewrite = "rewrite",
        /// Both sides run for every date.
        Run = "run",
        /// Both sides are compared for every date.
        Reconcile = "reconcile",
        /// The record of the whole conversion is checked.
        Audit = "audit",
    }
}

words! {
    /// Where a conversion can end.
    End {
        /// Rewritten and equal on every date.
        Done = "done",
        /// Refused: the job stays as it is, with the reason.
        Legacy = "legacy",
        /// The job's own input is at fault, or an internal failure did not go away.
        Failed = "failed",
        /// Every round was used and the two sides still differ.
        DeadLetter = "dead-letter",
    }
}

words! {
    /// What a role answers when it has done its work.
    Outcome {
        /// The work is there; go on.
        Completed = "completed",
        /// The job's input cannot be used, whatever is tried: missing file, syntax error, no such table.
        Rejected = "rejected",
        /// A construct is not understood well enough to replace it.
        Refused = "refused",
        /// The rewritten job stopped where the legacy job does not.
        Broken = "broken",
        /// The two sides differ.
        Differs = "differs",
        /// Evidence no longer supports what was written down.
        Disputed = "disputed",
    }
}
