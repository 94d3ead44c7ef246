//! True requirements against derived ones.

use relift_job::{AnswerKey, RequirementKind};

use super::place::Region;
use super::{JobCode, JobScore};
use crate::event::{Evidence, Requirement};
use crate::model::JobModel;

/// For each kind of a key, the kinds of derived requirements that can answer it.
pub const KINDS: [(RequirementKind, &[&str]); 17] = [
    (RequirementKind::Source, &["source", "condition"]),
    (
        RequirementKind::Filter,
        &["filter", "condition", "empty-input"],
    ),
    (
        RequirementKind::Lookup,
        &["lookup", "choice", "derive", "join"],
    ),
    (RequirementKind::Join, &["join", "lookup"]),
    (RequirementKind::Aggregate, &["aggregate", "derive"]),
    (RequirementKind::Derive, &["derive", "aggregate"]),
    (
        RequirementKind::Classify,
        &["derive", "aggregate", "filter"],
    ),
    (RequirementKind::Default, &["derive", "lookup", "filter"]),
    (RequirementKind::Round, &["rounding", "derive"]),
    (RequirementKind::Order, &["order"]),
    (RequirementKind::Format, &["output", "trailer"]),
    (RequirementKind::Append, &["append", "output"]),
    (
        RequirementKind::Calendar,
        &["derive", "filter", "condition", "source"],
    ),
    (RequirementKind::Window, &["derive", "aggregate"]),
    (RequirementKind::Match, &["lookup", "join", "choice"]),
    (RequirementKind::Dedupe, &["choice", "aggregate", "filter"]),
    (
        RequirementKind::Write,
        &["output", "condition", "empty-input", "append"],
    ),
];

pub(super) fn score(own: &mut JobScore, key: &AnswerKey, job: &JobModel, code: &JobCode) {
    let counted = |derived: &&Requirement| {
        KINDS
            .iter()
            .any(|(_, kinds)| kinds.contains(&derived.kind.as_str()))
    };
    let derived: Vec<(&Requirement, Vec<Region>)> = job
        .requirements
        .iter()
        .filter(counted)
        .map(|requirement| (requirement, cited(requirement, code)))
        .collect();
    let mut confirmed = vec![false; derived.len()];
    for expected in &key.requirements {
        let region = code.region(&expected.place);
        let kinds = KINDS
            .iter()
            .find(|(kind, _)| *kind == expected.kind)
            .map_or(&[][..], |(_, kinds)| kinds);
        let mut sentences = Vec::new();
        for (at, (requirement, cited)) in derived.iter().enumerate() {
            let answers = kinds.contains(&requirement.kind.as_str())
                && cited.iter().any(|place| place.touches(&region));
            if answers {
                confirmed[at] = true;
                sentences.push(requirement.sentence.as_str());
            }
        }
        own.requirements.expected += 1;
        if sentences.is_empty() {
            own.missed_requirements.push(format!(
                "{} {}: {}",
                expected.id, expected.place, expected.text
            ));
            continue;
        }
        own.requirements.found += 1;
        let unstated: Vec<&str> = expected
            .literals
            .iter()
            .map(String::as_str)
            .filter(|literal| !sentences.iter().any(|sentence| states(sentence, literal)))
            .collect();
        if unstated.is_empty() {
            own.complete += 1;
        } else {
            own.incomplete_requirements
                .push(format!("{}: {}", expected.id, unstated.join(", ")));
        }
    }
    own.requirements.reported += derived.len();
    own.requirements.confirmed += confirmed.iter().filter(|confirmed| **confirmed).count();
}

fn cited(requirement: &Requirement, code: &JobCode) -> Vec<Region> {
    requirement
        .evidence
        .iter()
        .filter_map(|evidence| match evidence {
            Evidence::Code { span, .. } => Some(code.region_of(span)),
            Evidence::Query { .. } => None,
        })
        .collect()
}

/// Whether a literal stands in a sentence by itself: `10` does not stand in `100`.
fn states(sentence: &str, literal: &str) -> bool {
    if literal.is_empty() {
        return sentence.contains("\"\"");
    }
    let part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    sentence.match_indices(literal).any(|(at, found)| {
        let before = sentence[..at].chars().next_back();
        let after = sentence[at + found.len()..].chars().next();
        let starts = literal.chars().next();
        let ends = literal.chars().next_back();
        !(part(before) && part(starts) || part(ends) && part(after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_a_key_can_be_answered() {
        for (word, kind) in RequirementKind::ALL {
            assert!(
                KINDS
                    .iter()
                    .any(|(listed, kinds)| listed == kind && !kinds.is_empty()),
                "{word}"
            );
        }
    }

    #[test]
    fn literals_stand_by_themselves() {
        assert!(states("at most 10 percent", "10"));
        assert!(!states("at most 100 percent", "10"));
        assert!(states("the line \"T|{row_count}\"", "T|{row_count}"));
    }
}
