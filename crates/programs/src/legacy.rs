//! The legacy side: one warm CPython with pandas that runs program after program.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use relift_job::Workspace;
use serde_json::{Value as Json, json};

use crate::program::{Day, ModuleText, Program, RESULT, type_text};

/// What the legacy program did on a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The file it wrote.
    Wrote(String),
    /// The exception that ended it.
    Raised(String),
}

/// A running interpreter.
pub struct Legacy {
    child: Child,
    requests: ChildStdin,
    replies: BufReader<ChildStdout>,
    sqlite: String,
    processing_time: String,
}

impl Legacy {
    /// Starts `python`, which has the packages of the legacy runtime.
    pub fn start(python: &Path, processing_time: jiff::Timestamp) -> Result<Self, String> {
        let crates = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let processing_time = processing_time
            .strftime("%Y-%m-%dT%H:%M:%S%.6f")
            .to_string();
        let mut child = Command::new(python)
            .args(["-s", "-B"])
            .arg(crates.join("programs/python/batch.py"))
            .arg(&processing_time)
            .env("PYTHONPATH", crates.join("platform/python"))
            .env("PYTHONHASHSEED", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", python.display()))?;
        let requests = child.stdin.take().expect("it is piped");
        let replies = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut legacy = Self {
            child,
            requests,
            replies,
            sqlite: String::new(),
            processing_time,
        };
        let ready = legacy.reply()?;
        ready["sqlite"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut legacy.sqlite);
        Ok(legacy)
    }

    /// The release of SQLite its Transformations run in.
    pub fn sqlite(&self) -> &str {
        &self.sqlite
    }

    /// Runs a program on the rows of a date.
    pub fn run(
        &mut self,
        program: &Program,
        day: &Day,
        workspace: &Workspace,
    ) -> Result<Answer, String> {
        let request = self.request(program, day, workspace).to_string();
        self.requests
            .write_all(request.as_bytes())
            .and_then(|()| self.requests.write_all(b"\n"))
            .and_then(|()| self.requests.flush())
            .map_err(|error| format!("the legacy interpreter is gone: {error}"))?;
        let reply = self.reply()?;
        match (reply["csv"].as_str(), reply["raised"].as_str()) {
            (Some(csv), _) => Ok(Answer::Wrote(csv.to_owned())),
            (_, Some(raised)) => Ok(Answer::Raised(raised.to_owned())),
            _ => Err(format!("the legacy interpreter answers {reply}")),
        }
    }

    fn reply(&mut self) -> Result<Json, String> {
        let mut line = String::new();
        let read = self.replies.read_line(&mut line);
        if !matches!(read, Ok(1..)) {
            return Err(format!(
                "the legacy interpreter ended ({:?}); what it printed stands above",
                self.child.try_wait()
            ));
        }
        serde_json::from_str(&line).map_err(|error| format!("{error} in {line}"))
    }

    fn request(&self, program: &Program, day: &Day, workspace: &Workspace) -> Json {
        let mut modules: Vec<Json> = program
            .tables
            .iter()
            .map(|table| json!({"type": "DataSourcing", "result": table.name}))
            .collect();
        modules.extend(program.modules.iter().map(|module| match module {
            ModuleText::Python { text, function } => {
                json!({"type": "External", "text": text, "function": function})
            }
            ModuleText::Sql { text, result } => {
                json!({"type": "Transformation", "sql": text, "result": result})
            }
        }));
        modules.push(json!({"type": "CsvFileWriter", "source": RESULT,
            "settings": {"include_header": true, "trailer": null, "line_ending": "\n"}}));
        let tables: serde_json::Map<String, Json> = program
            .tables
            .iter()
            .zip(&day.rows)
            .map(|(table, rows)| {
                let columns: Vec<(&str, String)> = table
                    .columns
                    .iter()
                    .map(|column| (column.name.as_str(), type_text(column.lake_type)))
                    .collect();
                (
                    table.name.clone(),
                    json!({"columns": columns, "rows": rows}),
                )
            })
            .collect();
        json!({
            "date": day.date,
            "processing_time": self.processing_time,
            "decimals": "float",
            "settings": {"csv_date_format": workspace.csv_date_format, "output_date_column": workspace.output_date_column},
            "modules": modules,
            "tables": tables,
        })
    }
}

impl Drop for Legacy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
