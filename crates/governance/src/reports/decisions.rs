//! `decisions.jsonl`: everything that was decided, with its reason.

use serde::Serialize;

use relift_team::{End, Stage};

use super::declare_report;
use crate::event::Evidence;
use crate::{Answer, JobModel, Level, Model, Package, SCHEMA_VERSION};

declare_report! {
    /// Who decided what, and because of what?
    ///
    /// One line per decision, by job and in the order of stages, so that the same work gives the same
    /// lines however its jobs were interleaved.
    pub static DECISIONS = { file: "decisions.jsonl", render: render }
}

#[derive(Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the names are the keys of a published format"
)]
struct Decision<'a> {
    schema_version: u64,
    job: &'a str,
    stage: &'static str,
    role: &'static str,
    round: u32,
    decision: &'static str,
    subject: &'a str,
    because: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence_percent: Option<u8>,
}

fn render(model: &Model, _: &Package) -> String {
    let mut lines = Lines::default();
    for job in model.jobs.values() {
        lines.job(job);
    }
    lines.text
}

#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn job(&mut self, job: &JobModel) {
        for source in &job.discovered.sources {
            self.line(
                job,
                Some(Stage::Discover),
                1,
                "source pinned",
                &source.path,
                &source.hash,
                None,
                None,
            );
        }
        for finding in &job.findings {
            self.line(
                job,
                Some(Stage::Analyse),
                1,
                "finding",
                &finding.code,
                &finding.message,
                Some(&finding.location),
                None,
            );
        }
        for asked in &job.obligations {
            let decision = match asked.answer {
                Answer::Holds => "obligation holds",
                Answer::Guarded => "obligation guarded",
                Answer::Fails => "obligation fails",
            };
            let (subject, place) = (&asked.obligation, Some(asked.span.as_str()));
            self.line(
                job,
                Some(Stage::Profile),
                1,
                decision,
                subject,
                &asked.evidence,
                place,
                None,
            );
        }
        for requirement in &job.requirements {
            let place = requirement
                .evidence
                .iter()
                .find_map(|evidence| match evidence {
                    Evidence::Code { span, .. } => Some(span.as_str()),
                    Evidence::Query { .. } => None,
                });
            let (subject, confidence) = (&requirement.id, Some(requirement.confidence_percent));
            self.line(
                job,
                Some(Stage::Require),
                1,
                "requirement",
                subject,
                &requirement.sentence,
                place,
                confidence,
            );
        }
        for construct in &job.constructs {
            let decision = if construct.level == Level::None {
                "refused"
            } else {
                "lifted"
            };
            let (subject, place) = (&construct.construct, Some(construct.span.as_str()));
            self.line(
                job,
                Some(Stage::Specify),
                1,
                decision,
                subject,
                &construct.reason,
                place,
                None,
            );
        }
        for (round, rewrite) in &job.rewrites {
            for file in &rewrite.files {
                self.line(
                    job,
                    Some(Stage::Rewrite),
                    *round,
                    "written",
                    &file.path,
                    &file.hash,
                    None,
                    None,
                );
            }
            if let Some(sabotage) = &rewrite.sabotage {
                let place = Some(sabotage.file.as_str());
                self.line(
                    job,
                    Some(Stage::Rewrite),
                    *round,
                    "fault planted",
                    &sabotage.file,
                    &sabotage.change,
                    place,
                    None,
                );
            }
        }
        for cause in job.causes.values() {
            self.line(
                job,
                Some(Stage::Reconcile),
                cause.round,
                "cause named",
                &cause.cause,
                &cause.experiment,
                None,
                None,
            );
        }
        for reopened in &job.reopened {
            self.line(
                job,
                Some(reopened.from),
                reopened.round,
                "sent back",
                reopened.to.word(),
                &reopened.cause,
                None,
                None,
            );
        }
        for finding in &job.findings {
            let (disposition, reason) = job.disposition(finding);
            let place = Some(finding.location.as_str());
            self.line(
                job,
                Some(Stage::Audit),
                job.state.round,
                disposition.word(),
                &finding.code,
                reason,
                place,
                None,
            );
        }
        if let Some(end) = job.state.end() {
            let because = match end {
                End::Done => "audited, and equal on every date compared",
                End::Legacy | End::Failed | End::DeadLetter => {
                    job.state.cause.as_deref().unwrap_or_default()
                }
            };
            self.line(
                job,
                None,
                job.state.round,
                "ended",
                end.word(),
                because,
                None,
                None,
            );
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the columns of a table, given in its order"
    )]
    fn line(
        &mut self,
        job: &JobModel,
        stage: Option<Stage>,
        round: u32,
        decision: &'static str,
        subject: &str,
        because: &str,
        place: Option<&str>,
        confidence_percent: Option<u8>,
    ) {
        let line = Decision {
            schema_version: SCHEMA_VERSION,
            job: &job.name,
            stage: stage.map_or("end", Stage::word),
            // That a job is over is not a judgement of any role: the transition table says so.
            role: stage.map_or("state machine", |stage| {
                relift_team::roles::of_stage(stage).name
            }),
            round,
            decision,
            subject,
            because,
            place,
            confidence_percent,
        };
        self.text
            .push_str(&serde_json::to_string(&line).expect("plain fields"));
        self.text.push('\n');
    }
}
