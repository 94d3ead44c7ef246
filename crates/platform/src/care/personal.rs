//! Which columns tell something about a person, and how their values are shown: as shapes.
//!
//! A column is marked by its name or by what stands in it, whichever says so first. The rules would
//! rather mark one column too many: what a reader of a report loses is an example value, what a person
//! loses otherwise cannot be brought back.

use std::borrow::Cow;
use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use relift_engine::Lake;
use relift_job::{ColumnName, EffectiveDate, TableName};
use serde::Serialize;

use super::CareError;
use super::shapes::shape;

/// Rows looked at to judge a column by its content.
const SAMPLE_ROWS: usize = 8_192;

/// What a personal column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonalKind {
    /// Names of people.
    Name,
    /// E-mail addresses.
    Email,
    /// Phone numbers.
    Phone,
    /// Accounts, cards, identity documents.
    Account,
    /// Where somebody lives.
    Address,
    /// When somebody was born.
    BirthDate,
}

impl PersonalKind {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "e-mail",
            Self::Phone => "phone",
            Self::Account => "account",
            Self::Address => "address",
            Self::BirthDate => "birth date",
        }
    }
}

/// What gave a personal column away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sign {
    /// What it is called.
    Name,
    /// What stands in it.
    Content,
}

/// A personal column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Personal {
    /// What it holds.
    pub kind: PersonalKind,
    /// How that is known.
    pub by: Sign,
}

/// The personal columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonalColumns {
    columns: BTreeMap<String, Personal>,
}

impl PersonalColumns {
    /// What a column holds, if it is personal.
    pub fn get(&self, column: &str) -> Option<Personal> {
        self.columns.get(column).copied()
    }

    /// Marks a column.
    pub fn insert(&mut self, column: &str, personal: Personal) {
        self.columns.entry(column.to_owned()).or_insert(personal);
    }

    /// The value of a column as a report may show it: of a personal column its shape only.
    pub fn shown<'v>(&self, column: &str, value: &'v str) -> Cow<'v, str> {
        if self.columns.contains_key(column) {
            Cow::Owned(masked(value))
        } else {
            Cow::Borrowed(value)
        }
    }
}

/// What stands in a report in place of a personal value: its shape in angle quotes.
pub fn masked(value: &str) -> String {
    if value.is_empty() {
        String::new()
    } else {
        format!("\u{2039}{}\u{203a}", shape(value))
    }
}

/// Judges the columns of a table by their names and by rows of its last date.
pub async fn personal_columns(
    lake: &Lake,
    table: &TableName,
    version: u64,
    dates: &[EffectiveDate],
) -> Result<PersonalColumns, CareError> {
    let mut personal = PersonalColumns::default();
    // The newest sound date will do; a table without dates is read from its start.
    let scan = match dates.last() {
        Some(last) => {
            let columns = column_names(lake, table, version).await?;
            lake.scan(table, version, &[*last], &columns).await?
        }
        None => lake.scan_table(table, version).await?,
    };
    let schema = scan.schema();
    let mut judges: Vec<ContentJudge> = schema
        .fields()
        .iter()
        .map(|field| ContentJudge::of(&table.table, field.name(), field.data_type()))
        .collect();
    let mut rows = 0;
    for batch in scan.read() {
        let batch = batch?;
        for (judge, column) in judges.iter_mut().zip(batch.columns()) {
            judge.see(column);
        }
        rows += batch.num_rows();
        if rows >= SAMPLE_ROWS {
            break;
        }
    }
    for (judge, field) in judges.iter().zip(schema.fields()) {
        if let Some(found) = judge.verdict() {
            personal.insert(field.name(), found);
        }
    }
    Ok(personal)
}

/// Every readable column of a table.
pub(super) async fn column_names(
    lake: &Lake,
    table: &TableName,
    version: u64,
) -> Result<Vec<ColumnName>, CareError> {
    let whole = lake.scan_table(table, version).await?;
    let schema = whole.schema();
    Ok(schema
        .fields()
        .iter()
        .map(|field| ColumnName::from(field.name().as_str()))
        .collect())
}

/// Collects what speaks for a column being personal.
pub(super) struct ContentJudge {
    by_name: Option<PersonalKind>,
    is_text: bool,
    /// Whether its name leaves room for names of people in it.
    may_name_people: bool,
    values: u64,
    emails: u64,
    phones: u64,
    accounts: u64,
    addresses: u64,
    names: u64,
}

impl ContentJudge {
    pub(super) fn of(table: &str, column: &str, data_type: &DataType) -> Self {
        let tokens = tokens(column);
        Self {
            by_name: kind_by_name(table, column, data_type),
            is_text: *data_type == DataType::Utf8,
            may_name_people: tokens.iter().any(|token| PEOPLE_TOKENS.contains(&&**token)),
            values: 0,
            emails: 0,
            phones: 0,
            accounts: 0,
            addresses: 0,
            names: 0,
        }
    }

    pub(super) fn see(&mut self, column: &ArrayRef) {
        if !self.is_text || self.values >= SAMPLE_ROWS as u64 {
            return;
        }
        let texts = column.as_string::<i32>();
        for row in (0..texts.len()).filter(|row| texts.is_valid(*row)) {
            let text = texts.value(row).trim();
            if text.is_empty() {
                continue;
            }
            self.values += 1;
            self.emails += u64::from(is_email(text));
            self.phones += u64::from(is_phone(text));
            self.accounts += u64::from(is_iban(text) || is_card(text));
            self.addresses += u64::from(is_address(text));
            self.names += u64::from(is_personal_name(text));
        }
    }

    pub(super) fn verdict(&self) -> Option<Personal> {
        if let Some(kind) = self.by_name {
            return Some(Personal {
                kind,
                by: Sign::Name,
            });
        }
        let names = if self.may_name_people { self.names } else { 0 };
        let votes = [
            (self.emails, 5, PersonalKind::Email),
            (self.accounts, 5, PersonalKind::Account),
            (self.phones, 3, PersonalKind::Phone),
            (self.addresses, 2, PersonalKind::Address),
            (names, 2, PersonalKind::Name),
        ];
        votes
            .into_iter()
            .find(|(votes, share, _)| *votes >= 2 && votes * share >= self.values)
            .map(|(_, _, kind)| Personal {
                kind,
                by: Sign::Content,
            })
    }
}

/// Words in a column's name that leave room for people.
const PEOPLE_TOKENS: [&str; 16] = [
    "name",
    "contact",
    "person",
    "holder",
    "by",
    "agent",
    "author",
    "user",
    "owner",
    "driver",
    "recipient",
    "sender",
    "counterparty",
    "payer",
    "payee",
    "beneficiary",
];

fn tokens(name: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut token = String::new();
    let mut before_is_small = false;
    for character in name.chars() {
        let starts = character.is_uppercase() && before_is_small;
        if (!character.is_alphanumeric() || starts) && !token.is_empty() {
            tokens.push(std::mem::take(&mut token));
        }
        if character.is_alphanumeric() {
            token.extend(character.to_lowercase());
        }
        before_is_small = character.is_lowercase();
    }
    if !token.is_empty() {
        tokens.push(token);
    }
    tokens
}

fn kind_by_name(table: &str, column: &str, data_type: &DataType) -> Option<PersonalKind> {
    let tokens = tokens(column);
    let has = |words: &[&str]| tokens.iter().any(|token| words.contains(&&**token));
    let text = *data_type == DataType::Utf8;
    let number = matches!(
        data_type,
        DataType::Int64 | DataType::Int32 | DataType::Decimal128(_, _)
    );
    if has(&["email", "mail"]) && text || has(&["e"]) && has(&["mail"]) {
        return Some(PersonalKind::Email);
    }
    if (text || number)
        && (has(&["phone", "telephone", "mobile", "fax", "msisdn"])
            || has(&["tel", "cell"]) && has(&["no", "nr", "number"]))
    {
        return Some(PersonalKind::Phone);
    }
    let numbered = has(&["no", "nr", "number", "num"]);
    if (text || number)
        && (has(&["iban", "bban", "pan", "ssn", "passport", "nino", "taxid"])
            || has(&["account", "acct", "card", "tax", "identity", "insurance"]) && numbered
            || has(&["national", "personal"]) && has(&["id", "number"]))
    {
        return Some(PersonalKind::Account);
    }
    if has(&["birth", "birthday", "birthdate", "dob", "born"]) {
        return Some(PersonalKind::BirthDate);
    }
    if text
        && !has(&["ip", "mac", "url", "web"])
        && has(&[
            "address", "addr", "street", "line1", "line2", "line3", "postcode", "postal", "zip",
            "zipcode",
        ])
    {
        return Some(PersonalKind::Address);
    }
    let of_people = [
        "customer",
        "client",
        "employee",
        "staff",
        "person",
        "people",
        "user",
        "member",
        "contact",
        "patient",
        "student",
        "driver",
        "agent",
        "subscriber",
    ];
    let people_table = super::keys::singular(table)
        .split('_')
        .any(|word| of_people.contains(&word));
    let part = has(&[
        "first", "last", "full", "given", "family", "middle", "maiden", "sur", "nick",
    ]);
    let named = has(&["name"]) && (part || has(&of_people) || (tokens.len() == 1 && people_table));
    let whole = has(&["surname", "firstname", "lastname", "fullname", "forename"]);
    (text && (named || whole)).then_some(PersonalKind::Name)
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    !local.is_empty()
        && !local.contains(char::is_whitespace)
        && !domain.contains(['@', ' '])
        && domain
            .rsplit_once('.')
            .is_some_and(|(host, end)| !host.is_empty() && end.len() >= 2)
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain = text
        .chars()
        .all(|character| character.is_ascii_digit() || " +-/.()".contains(character));
    // Dates and amounts have digits and points too; a phone number starts like one.
    plain
        && (7..=15).contains(&digits)
        && (text.starts_with('+') || text.starts_with('(') || text.starts_with('0'))
        && text.contains([' ', '-', '/', '+', '('])
        && !is_date(text)
}

fn is_date(text: &str) -> bool {
    text.get(..10)
        .is_some_and(|start| EffectiveDate::parse(start).is_some())
}

fn is_iban(text: &str) -> bool {
    let plain: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    if !(15..=34).contains(&plain.len())
        || !plain[..2].iter().all(u8::is_ascii_uppercase)
        || !plain[2..4].iter().all(u8::is_ascii_digit)
        || !plain.iter().all(u8::is_ascii_alphanumeric)
    {
        return false;
    }
    let rest = plain[4..]
        .iter()
        .chain(&plain[..4])
        .fold(0_u32, |rest, byte| {
            let value = char::from(*byte).to_digit(36).unwrap_or(0);
            (rest * if value > 9 { 100 } else { 10 } + value) % 97
        });
    rest == 1
}

fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text
        .chars()
        .filter(|character| !matches!(character, ' ' | '-'))
        .map(|character| character.to_digit(10).unwrap_or(99))
        .collect();
    if !(13..=19).contains(&digits.len())
        || digits.contains(&99)
        || digits.iter().all(|d| *d == digits[0])
    {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    // Plain numbers pass the check digit once in ten; only spaced ones and known starts count.
    sum.is_multiple_of(10) && matches!(digits[0], 3..=6)
}

fn is_address(text: &str) -> bool {
    const STREETS: [&str; 20] = [
        "street",
        "st.",
        "road",
        "rd.",
        "avenue",
        "ave",
        "lane",
        "stra\u{df}e",
        "strasse",
        "str.",
        "weg",
        "platz",
        "gasse",
        "allee",
        "rue",
        "calle",
        "via",
        "straat",
        "gatan",
        "ulica",
    ];
    let lower = text.to_lowercase();
    lower.chars().any(|character| character.is_ascii_digit())
        && lower
            .split([' ', ','])
            .any(|word| STREETS.iter().any(|street| word.ends_with(street)))
}

fn is_personal_name(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    (2..=4).contains(&words.len())
        && words.iter().all(|word| {
            word.chars().next().is_some_and(char::is_uppercase)
                && word
                    .chars()
                    .all(|letter| letter.is_alphabetic() || "-'.\u{2019}".contains(letter))
                && word.chars().any(char::is_lowercase)
        })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::StringArray;

    use super::*;

    fn judged(column: &str, values: &[&str]) -> Option<PersonalKind> {
        let mut judge = ContentJudge::of("things", column, &DataType::Utf8);
        let array: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
        judge.see(&array);
        judge.verdict().map(|personal| personal.kind)
    }

    #[test]
    fn names_give_columns_away() {
        let named = |table: &str, column: &str| kind_by_name(table, column, &DataType::Utf8);
        assert_eq!(named("orders", "contactEmail"), Some(PersonalKind::Email));
        assert_eq!(named("orders", "e_mail"), Some(PersonalKind::Email));
        assert_eq!(named("employees", "name"), Some(PersonalKind::Name));
        assert_eq!(named("customers", "full_name"), Some(PersonalKind::Name));
        assert_eq!(named("addresses", "line1"), Some(PersonalKind::Address));
        assert_eq!(named("bank", "account_number"), Some(PersonalKind::Account));
        assert_eq!(
            kind_by_name("people", "date_of_birth", &DataType::Date32),
            Some(PersonalKind::BirthDate)
        );
        for thing in ["product_name", "supplier_name", "ip_address", "line_no"] {
            assert_eq!(named("products", thing), None, "{thing}");
        }
    }

    #[test]
    fn content_gives_columns_away() {
        assert_eq!(
            judged("x", &["a@b.org", "c.d@e.co.uk", "none"]),
            Some(PersonalKind::Email)
        );
        assert_eq!(
            judged("x", &["+44 20 7946 0018", "(030) 123 456-7"]),
            Some(PersonalKind::Phone)
        );
        assert_eq!(
            judged(
                "x",
                &["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"]
            ),
            Some(PersonalKind::Account)
        );
        assert_eq!(
            judged("x", &["12 High Street", "Hauptstra\u{df}e 7"]),
            Some(PersonalKind::Address)
        );
        assert_eq!(
            judged("counterparty", &["Ada Lovelace", "Z\u{e9} Silva"]),
            Some(PersonalKind::Name)
        );
        assert_eq!(judged("x", &["Steel Kettle", "Red Mug"]), None);
        assert_eq!(judged("x", &["2024-10-01", "2024-10-02"]), None);
        assert_eq!(judged("x", &["20000000012", "20000000013"]), None);
        assert_eq!(judged("x", &["DE00 3704 0044 0532 0130 00"; 3]), None);
    }

    #[test]
    fn masks_keep_nothing_but_the_shape() {
        let mut personal = PersonalColumns::default();
        personal.insert(
            "email",
            Personal {
                kind: PersonalKind::Email,
                by: Sign::Name,
            },
        );
        assert_eq!(
            personal.shown("email", "ada@lovelace.org"),
            "\u{2039}a@a.a\u{203a}"
        );
        assert_eq!(personal.shown("city", "London"), "London");
    }
}
