//! Reads `relift.toml` into [`Workspace`], and writes a first one for `relift init`.

use relift_diagnostics::{Diagnostic, SourceFile};

use crate::document::{Fields, Node, Reader, parse_toml};
use crate::job_parsing::DIALECTS;
use crate::{CalendarRule, CareSettings, DateRange, Decimals, EffectiveDate, Isolation, Workspace};

const SECTIONS: [(&str, &[&str]); 10] = [
    ("workspace", &["name"]),
    ("dates", &["first", "last"]),
    ("lake", &["root", "effective_date_column"]),
    ("portfolio", &["jobs", "python_path", "dependencies"]),
    (
        "legacy",
        &[
            "sql_dialect",
            "decimals",
            "requirements",
            "csv_date_format",
            "output_date_column",
            "run_seconds_max",
            "run_memory_mb_max",
            "isolation",
        ],
    ),
    ("output", &["curated_schema", "rewrite_schema", "files"]),
    ("sealed", &["paths"]),
    (
        "calendar",
        &["holidays", "every_day", "weekdays", "business_days"],
    ),
    ("quality", &["file"]),
    ("dictionary", &["file"]),
];
const ISOLATIONS: [(&str, Isolation); 2] = [
    ("prefer", Isolation::Prefer),
    ("require", Isolation::Require),
];
const DECIMALS: [(&str, Decimals); 2] = [("float", Decimals::Float), ("exact", Decimals::Exact)];

impl Workspace {
    /// Parses the settings; what is left out has the default that [`Workspace::initial_text`] shows.
    pub fn parse(source: &SourceFile) -> Result<Self, Vec<Diagnostic>> {
        let document = parse_toml(source)?;
        let mut reader = Reader::new(source);
        let workspace = read_workspace(&mut reader, &document);
        reader.finish(workspace)
    }

    /// Text of a new `relift.toml`, every setting written out with what it means.
    pub fn initial_text(name: &str, dates: DateRange) -> String {
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        format!(
            r#"# Settings of this workspace; relative paths start at this file.

[workspace]
name = "{name}"

[dates]
first = "{first}"
last = "{last}"

[lake]
root = "lake"                              # Delta tables at lake/<schema>/<table>
effective_date_column = "as_of"            # partition column of every lake table

[portfolio]
jobs = ["jobs"]                            # folders of *.json
python_path = ["externals"]                # import roots of External modules, in order
# dependencies = "dependencies.toml"       # declared edges between jobs

[legacy]
sql_dialect = "sqlite"                     # of Transformation modules: sqlite, spark
decimals = "float"                         # DECIMAL reaches Python as float64; "exact": decimal.Decimal
# requirements = "requirements.lock"       # the Python environment, if not the pinned default
csv_date_format = "iso"                    # or strftime text, such as "%-m/%-d/%Y"
output_date_column = "etl_effective_date"  # added last by file writers
run_seconds_max = 600                      # a legacy run is stopped after so many seconds
run_memory_mb_max = 4096                   # and when it uses more memory than this
isolation = "prefer"                       # of legacy code; "require": refuse to run it with a layer missing

[output]
curated_schema = "curated"
rewrite_schema = "double_secret_curated"
files = "output"                           # output/<schema>/<job dir>/<table dir>/<date>/<file>

[sealed]
paths = []                                 # nothing that analyses may read these

# [calendar]                               # when tables have data; learned from the lake unless declared
# holidays = ["{first}"]
# every_day = ["market.orders"]
# weekdays = ["market.suppliers"]
# business_days = ["market.bank_statement"]  # weekdays without the holidays

# [quality]
# file = "quality.toml"                    # checks of tables and jobs

# [dictionary]
# file = "dictionary.toml"                 # what tables and columns mean
"#,
            first = dates.first,
            last = dates.last,
        )
    }
}

fn read_workspace(reader: &mut Reader<'_>, document: &Node) -> Option<Workspace> {
    let names: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
    let root = reader.object(document, "", &names)?;
    let mut sections = SECTIONS.map(|(name, keys)| {
        let node = root.get(name)?;
        reader.object(node, name, keys)
    });
    let [
        workspace,
        dates,
        lake,
        portfolio,
        legacy,
        output,
        sealed,
        calendar,
        quality,
        dictionary,
    ] = sections.each_mut().map(Option::take);
    for (section, name) in [(&workspace, "workspace"), (&dates, "dates")] {
        if section.is_none() {
            reader.report(&(0..0), name, format!("missing section [{name}]"));
        }
    }
    let name = workspace
        .as_ref()
        .and_then(|section| reader.name(section, "name"));
    let dates = dates
        .as_ref()
        .and_then(|section| read_dates(reader, section));
    let lake_root = text_or(reader, lake.as_ref(), "root", "lake");
    let effective_date_column = text_or(reader, lake.as_ref(), "effective_date_column", "as_of");
    let job_folders = texts_or(reader, portfolio.as_ref(), "jobs", &["jobs"]);
    let python_path = texts_or(reader, portfolio.as_ref(), "python_path", &["externals"]);
    let optional = |reader: &mut Reader<'_>, section: &Option<Fields<'_>>, key| {
        section
            .as_ref()
            .and_then(|section| reader.optional_text(section, key))
    };
    let dependencies = optional(reader, &portfolio, "dependencies");
    let sql_dialect = legacy
        .as_ref()
        .and_then(|section| reader.choice(section, "sql_dialect", &DIALECTS));
    let decimals = legacy
        .as_ref()
        .and_then(|section| reader.choice(section, "decimals", &DECIMALS));
    let requirements = optional(reader, &legacy, "requirements");
    let csv_date_format =
        optional(reader, &legacy, "csv_date_format").filter(|format| format != "iso");
    let output_date_column = text_or(
        reader,
        legacy.as_ref(),
        "output_date_column",
        "etl_effective_date",
    );
    let run_seconds_max = legacy
        .as_ref()
        .and_then(|section| reader.optional_count(section, "run_seconds_max", 1))
        .unwrap_or(600);
    let run_memory_mb_max = legacy
        .as_ref()
        .and_then(|section| reader.optional_count(section, "run_memory_mb_max", 64))
        .unwrap_or(4096);
    let isolation = legacy
        .as_ref()
        .and_then(|section| reader.choice(section, "isolation", &ISOLATIONS));
    let curated_schema = text_or(reader, output.as_ref(), "curated_schema", "curated");
    let rewrite_schema = text_or(
        reader,
        output.as_ref(),
        "rewrite_schema",
        "double_secret_curated",
    );
    if curated_schema == rewrite_schema {
        reader.report_with_hint(
            &(0..0),
            "output.rewrite_schema",
            format!("the same as \"curated_schema\": {rewrite_schema}"),
            "the rewritten jobs write beside the legacy outputs, never over them",
        );
    }
    let output_files = text_or(reader, output.as_ref(), "files", "output");
    let sealed = texts_or(reader, sealed.as_ref(), "paths", &[]);
    let mut care = calendar
        .map(|section| read_calendar(reader, &section))
        .unwrap_or_default();
    care.quality = optional(reader, &quality, "file");
    care.dictionary = optional(reader, &dictionary, "file");
    Some(Workspace {
        name: name?,
        dates: dates?,
        lake_root,
        effective_date_column,
        job_folders,
        python_path,
        dependencies,
        sql_dialect: sql_dialect.unwrap_or(crate::Dialect::Sqlite),
        decimals: decimals.unwrap_or(Decimals::Float),
        requirements,
        csv_date_format,
        output_date_column,
        run_seconds_max: run_seconds_max.into(),
        run_memory_mb_max: run_memory_mb_max.into(),
        isolation: isolation.unwrap_or(Isolation::Prefer),
        curated_schema: curated_schema.into(),
        rewrite_schema: rewrite_schema.into(),
        output_files,
        sealed,
        care,
    })
}

fn read_calendar(reader: &mut Reader<'_>, section: &Fields<'_>) -> CareSettings {
    let mut settings = CareSettings::default();
    if let Some(node) = section.get("holidays") {
        let path = section.path_of("holidays");
        for (text, span) in reader.texts(node, &path).unwrap_or_default() {
            match EffectiveDate::parse(&text).filter(|_| text.len() == 10) {
                Some(date) => {
                    settings.holidays.insert(date);
                }
                None => reader.report(
                    &(span.start as usize..span.end as usize),
                    &path,
                    format!("\"{text}\" is not a date written YYYY-MM-DD"),
                ),
            }
        }
    }
    let rules = [
        ("every_day", CalendarRule::EveryDay),
        ("weekdays", CalendarRule::Weekdays),
        ("business_days", CalendarRule::BusinessDays),
    ];
    for (key, rule) in rules {
        let Some(node) = section.get(key) else {
            continue;
        };
        let path = section.path_of(key);
        for (table, span) in reader.texts(node, &path).unwrap_or_default() {
            let range = span.start as usize..span.end as usize;
            if !table.contains('.') {
                let message = format!("\"{table}\" is not a table written schema.table");
                reader.report(&range, &path, message);
            } else if settings.calendar.insert(table.clone(), rule).is_some() {
                reader.report(
                    &range,
                    &path,
                    format!("the calendar of {table} is declared twice"),
                );
            }
        }
    }
    settings
}

fn read_dates(reader: &mut Reader<'_>, section: &Fields<'_>) -> Option<DateRange> {
    reader.required(section, "first")?;
    let last_node = reader.required(section, "last")?;
    let first = reader.optional_date(section, "first");
    let last = reader.optional_date(section, "last");
    let (first, last) = (first?, last?);
    if last < first {
        reader.report(
            &last_node.range,
            "dates.last",
            format!("{last} is before dates.first {first}"),
        );
        return None;
    }
    Some(DateRange { first, last })
}

fn text_or(
    reader: &mut Reader<'_>,
    section: Option<&Fields<'_>>,
    key: &str,
    default: &str,
) -> String {
    let Some(section) = section else {
        return default.to_owned();
    };
    let Some(node) = section.get(key) else {
        return default.to_owned();
    };
    let path = section.path_of(key);
    let text = reader.as_text(node, &path);
    if text.as_deref() == Some("") {
        reader.report(&node.range, &path, "must not be empty");
    }
    text.unwrap_or_else(|| default.to_owned())
}

fn texts_or(
    reader: &mut Reader<'_>,
    section: Option<&Fields<'_>>,
    key: &str,
    default: &[&str],
) -> Vec<String> {
    let node =
        section.and_then(|section| section.get(key).map(|node| (node, section.path_of(key))));
    match node.and_then(|(node, path)| reader.texts(node, &path)) {
        Some(texts) => texts.into_iter().map(|(text, _)| text).collect(),
        None => default.iter().map(|text| (*text).to_owned()).collect(),
    }
}
