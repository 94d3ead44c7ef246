//! What the settings say about caring for data: calendars, and where further declarations stand.

use std::collections::{BTreeMap, BTreeSet};

use crate::EffectiveDate;

/// On which days a table has data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarRule {
    /// On all.
    EveryDay,
    /// Monday to Friday.
    Weekdays,
    /// Monday to Friday without the holidays.
    BusinessDays,
}

/// `[calendar]`, `[quality]` and `[dictionary]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CareSettings {
    /// `[calendar] holidays`.
    pub holidays: BTreeSet<EffectiveDate>,
    /// Tables, `schema.table`, whose calendar is declared; those of others are learned.
    pub calendar: BTreeMap<String, CalendarRule>,
    /// `[quality] file`; `quality.toml`, if it is there, unless given.
    pub quality: Option<String>,
    /// `[dictionary] file`; `dictionary.toml`, if it is there, unless given.
    pub dictionary: Option<String>,
}
