//! Findings as SARIF 2.1.0, the exchange format of code scanners.

use relift_diagnostics::ContentHash;
use serde_json::{Map, Value, json};

use crate::{DETECTORS, Disposition, Finding};

/// Version of what stands in `properties`.
const SCHEMA_VERSION: u32 = 1;

/// The text of `findings.sarif`. All rules are declared, whether or not they found something; a
/// fingerprint does not depend on line numbers, so that a finding is recognised after the code moved.
pub fn sarif(findings: &[(Finding, Option<Disposition>)]) -> String {
    let rules: Vec<Value> = DETECTORS
        .iter()
        .map(|detector| {
            json!({
                "id": detector.code,
                "name": camel_case(detector.title),
                "shortDescription": { "text": detector.title },
                "fullDescription": { "text": detector.summary },
                "help": { "text": plain(detector.text), "markdown": plain(detector.text) },
                "defaultConfiguration": { "level": "warning" },
                "properties": { "since": detector.since },
            })
        })
        .collect();
    let mut seen: Vec<String> = Vec::new();
    let results: Vec<Value> = findings
        .iter()
        .map(|(finding, disposition)| result(finding, disposition.as_ref(), &mut seen))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "relift",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": { "schema_version": SCHEMA_VERSION },
        }],
    });
    let text = serde_json::to_string_pretty(&log).expect("a JSON value always prints");
    text + "\n"
}

fn result(finding: &Finding, disposition: Option<&Disposition>, seen: &mut Vec<String>) -> Value {
    let index = DETECTORS
        .iter()
        .position(|detector| detector.code == finding.code);
    let mut properties = Map::new();
    properties.insert("construct".to_owned(), finding.construct.clone().into());
    if let Some(module) = finding.module {
        properties.insert("module".to_owned(), module.into());
    }
    if let Some(disposition) = disposition {
        properties.insert("disposition".to_owned(), disposition.word().into());
        properties.insert("reason".to_owned(), disposition.reason().into());
    }
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": "warning",
        "message": { "text": finding.message },
    });
    let file = finding.span.as_ref().map_or("", |span| &span.file);
    let identity = format!(
        "{}\u{1f}{file}\u{1f}{}\u{1f}{}",
        finding.code, finding.construct, finding.message
    );
    let occurrence = seen.iter().filter(|before| **before == identity).count();
    let print = ContentHash::of(format!("{identity}\u{1f}{occurrence}").as_bytes());
    seen.push(identity);
    result["partialFingerprints"] = json!({ "relift/v1": print.to_string() });
    if let Some(span) = &finding.span {
        result["locations"] = json!([{
            "physicalLocation": {
                "artifactLocation": { "uri": &*span.file },
                "region": {
                    "startLine": span.first_line,
                    "endLine": span.last_line,
                    "byteOffset": span.start,
                    "byteLength": span.end - span.start,
                },
            },
        }]);
    }
    result["properties"] = Value::Object(properties);
    result
}

fn camel_case(title: &str) -> String {
    title
        .split([' ', '-'])
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect()
            })
        })
        .collect()
}

fn plain(text: &str) -> String {
    text.lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rules_are_declared_and_equal_findings_stay_apart() {
        let finding = Finding {
            code: "AP6",
            title: "row-by-row iteration",
            message: "rows are visited one by one with iterrows".to_owned(),
            span: None,
            module: Some(2),
            construct: "iterrows loop".to_owned(),
            frame: None,
            column: None,
        };
        let text = sarif(&[
            (finding.clone(), Some(Disposition::Eliminated)),
            (finding, None),
        ]);
        let log: Value = serde_json::from_str(&text).expect("valid JSON");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        assert_eq!(rules.len(), DETECTORS.len());
        let results = run["results"].as_array().expect("results");
        assert_eq!(
            rules[results[0]["ruleIndex"].as_u64().expect("index") as usize]["id"],
            "AP6"
        );
        assert_ne!(
            results[0]["partialFingerprints"],
            results[1]["partialFingerprints"]
        );
        assert_eq!(results[0]["properties"]["disposition"], "eliminated");
    }
}
