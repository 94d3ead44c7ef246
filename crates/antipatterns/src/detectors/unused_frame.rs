//! Frames that are computed for nobody.

use std::collections::BTreeSet;

use relift_diagnostics::Span;
use relift_job::{FrameName, ModuleKind};
use relift_python::syntax::shared_state_uses;

use crate::detector::declare_detector;
use crate::uses::Uses;
use crate::{Finding, JobView};

declare_detector! {
    /// ## What it finds
    /// A frame that a transformation or an External computes and no output needs.
    ///
    /// ## Why it matters
    /// It costs a computation per run, and readers must find out that it does not matter.
    ///
    /// ## Instead
    /// Remove the step. The rewritten job computes only what its outputs need.
    static UNUSED_FRAME = {
        code: "AP11",
        title: "unused frame",
        summary: "finds a frame that is computed and never used",
        since: "0.1.0",
        find: find,
    };
}

fn find(view: &JobView<'_>) -> Vec<Finding> {
    let Some(flow) = view.flow else {
        return unused_by_name(view);
    };
    let live = flow.live();
    let mut findings = Vec::new();
    for (position, binding) in flow.frames.iter().enumerate() {
        let Some(module) = view.job.modules.get(binding.module) else {
            continue;
        };
        if matches!(module.kind, ModuleKind::DataSourcing(_)) || live[binding.node.0 as usize] {
            continue;
        }
        // Handing on a frame as it was computes nothing.
        if flow.frames[..position]
            .iter()
            .any(|before| before.node == binding.node)
        {
            continue;
        }
        let node = flow.node(binding.node);
        let place = node.spans.first().unwrap_or(&module.span);
        findings.push(finding(&binding.frame, binding.module, place));
    }
    findings
}

/// Frames of a job that is not understood which nothing names again.
fn unused_by_name(view: &JobView<'_>) -> Vec<Finding> {
    let uses = Uses::of(view);
    let mut findings = Vec::new();
    for (index, module) in view.job.modules.iter().enumerate() {
        if let ModuleKind::Transformation(step) = &module.kind
            && !uses.may_be(&step.result)
        {
            findings.push(finding(&step.result, index, &module.span));
        }
        let Some(syntax) = view.externals.get(&index) else {
            continue;
        };
        let mut seen = BTreeSet::new();
        for set in shared_state_uses(syntax) {
            let frame = FrameName::from(set.key.as_str());
            if set.written && !uses.may_be(&frame) && seen.insert(set.key) {
                findings.push(finding(&frame, index, &set.span));
            }
        }
    }
    findings
}

fn finding(frame: &FrameName, module: usize, place: &Span) -> Finding {
    Finding {
        code: UNUSED_FRAME.code,
        title: UNUSED_FRAME.title,
        message: format!("frame \"{frame}\" is computed and no output needs it"),
        span: Some(place.clone()),
        module: Some(module),
        construct: format!("frame `{frame}`"),
        frame: Some(frame.clone()),
        column: None,
    }
}
