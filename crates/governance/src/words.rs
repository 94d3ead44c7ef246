//! The closed vocabularies of the package; each word is part of a fixed format.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in files and tables.
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

vocabulary! {
    /// How one (job, effective date) stands.
    CellStatus {
        /// Both sides agree as far as the output's kind asks for.
        Pass = "pass",
        /// They do not.
        Differs = "differs",
        /// The job was not rewritten.
        Legacy = "legacy",
        /// A side could not be run or compared.
        Error = "error",
        /// Nothing was compared yet.
        Missing = "missing",
    }
}

vocabulary! {
    /// The strongest agreement that holds for the weakest of a job's outputs, weakest first.
    Grade {
        /// Nothing to compare.
        None = "none",
        /// Rows differ.
        Differs = "differs",
        /// Only within declared tolerances.
        Tolerance = "tolerance",
        /// Same rows.
        Multiset = "multiset",
        /// Same rows, order, types, part names.
        Ordered = "ordered",
        /// Text files identical.
        Bytes = "bytes",
    }
}

vocabulary! {
    /// How far a construct was lifted.
    Level {
        /// Plain relational SQL.
        Flat = "flat",
        /// With window functions.
        Window = "window",
        /// With aggregates that depend on order.
        OrderedAggregate = "ordered_aggregate",
        /// The rewritten job keeps an External for the rest.
        Partial = "partial",
        /// Not lifted.
        None = "none",
    }
}

vocabulary! {
    /// How well legacy code was isolated while it ran; each includes those before it.
    Isolation {
        /// Limits on resources only.
        Limits = "limits",
        /// Only the files it needs, by Landlock.
        Files = "files",
        /// No TCP either.
        FilesAndTcp = "files-and-tcp",
        /// No network at all.
        FilesAndNetwork = "files-and-network",
        /// Own root folder, processes and network.
        Namespaces = "namespaces",
        /// Behind them Landlock and a filter on system calls.
        Complete = "complete",
    }
}

impl Isolation {
    /// Says in a sentence what the code could and could not reach.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Limits => {
                "It had limits on resources only: files and network of the machine were open to it."
            }
            Self::Files => "It could reach only the folders it needs; the network was open to it.",
            Self::FilesAndTcp => {
                "It could reach only the folders it needs and could not open TCP connections."
            }
            Self::FilesAndNetwork => "It could reach only the folders it needs and had no network.",
            Self::Namespaces => {
                "It had a root folder and processes of its own and no network. Landlock or the filter on system calls was missing behind that."
            }
            Self::Complete => {
                "It had a root folder and processes of its own and no network, behind Landlock and a filter on system calls."
            }
        }
    }
}

vocabulary! {
    /// What became of a finding.
    Disposition {
        /// Not decided yet, or the job was not rewritten.
        Open = "open",
        /// Gone in the rewritten job.
        Eliminated = "eliminated",
        /// Kept, because the output depends on it: without it the comparison fails.
        LoadBearing = "load-bearing",
        /// Kept, because the legacy job says so; nothing on these dates depends on it, or nothing can show it.
        Reproduced = "reproduced",
        /// The rewritten job has nothing that it could be about.
        NotApplicable = "not-applicable",
    }
}

vocabulary! {
    /// What the data said to an obligation.
    Answer {
        /// It holds on all dates by the code or the schema alone.
        Holds = "holds",
        /// It holds on all dates measured; a guard checks it at run time.
        Guarded = "guarded",
        /// It does not hold, so the lifting does not rely on it.
        Fails = "fails",
    }
}
