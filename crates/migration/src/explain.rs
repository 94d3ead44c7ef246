//! What a code, a requirement or a job means.

use relift_antipatterns::{catalogue_text, detector};
use relift_requirements::Requirements;

use crate::bench::Bench;
use crate::project::read_source;
use crate::{MigrationError, package};

/// The catalogue's text about a finding code; `None` when it is no code.
pub fn explain_code(word: &str) -> Option<String> {
    detector(word).and_then(|detector| catalogue_text(detector.code))
}

pub(crate) fn explain(bench: &Bench<'_>, word: &str) -> Result<String, MigrationError> {
    if let Some(rest) = word.strip_prefix("req~") {
        let job = rest.split('.').next().unwrap_or_default();
        let file = format!("artifacts/{job}/requirements.json");
        if !bench.project.root.join(&file).is_file() {
            return Err(MigrationError::Unknown(format!(
                "there are no requirements of job \"{job}\"; run `relift lift`"
            )));
        }
        let source = read_source(&bench.project.root, &file)?;
        let requirements = Requirements::parse(source.text()).map_err(MigrationError::Record)?;
        let found = requirements
            .requirements
            .iter()
            .find(|requirement| requirement.id == word);
        return found
            .map(relift_requirements::explain)
            .ok_or_else(|| MigrationError::Unknown(format!("{file} has no requirement {word}")));
    }
    let model = package::model(bench)?;
    let Some(job) = model.jobs.get(word) else {
        let jobs: Vec<&str> = model.jobs.keys().map(String::as_str).collect();
        return Err(MigrationError::Unknown(format!(
            "\"{word}\" is no finding code, requirement or job; jobs are: {}",
            jobs.join(", ")
        )));
    };
    let mut text = format!("# {word}\n\nstatus: {}\n", model.status(job));
    if let Some(cause) = &job.state.cause {
        text.push_str(&format!("because: {cause}\n"));
    }
    text.push_str(&format!(
        "reads: {}\nwrites: {}\n",
        job.discovered.inputs.join(", "),
        job.discovered.outputs.join(", ")
    ));
    text.push_str("\nRequirements\n");
    for requirement in &job.requirements {
        text.push_str(&format!(
            "- {} ({})\n",
            requirement.sentence, requirement.id
        ));
    }
    text.push_str("\nFindings\n");
    for finding in &job.findings {
        let (disposition, _) = job.disposition(finding);
        text.push_str(&format!(
            "- {} {}: {} [{disposition}]\n",
            finding.code, finding.location, finding.message
        ));
    }
    text.push_str("\nHow it was lifted\n");
    for construct in &job.constructs {
        text.push_str(&format!(
            "- {} {}: {} ({})\n",
            construct.span, construct.construct, construct.level, construct.reason
        ));
    }
    Ok(text)
}
