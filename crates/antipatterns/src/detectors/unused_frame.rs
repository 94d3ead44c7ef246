//! Frames that are computed for nobody.

use relift_job::ModuleKind;

use crate::detector::declare_detector;
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
        return Vec::new();
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
        findings.push(Finding {
            code: UNUSED_FRAME.code,
            title: UNUSED_FRAME.title,
            message: format!(
                "frame \"{}\" is computed and no output needs it",
                binding.frame
            ),
            span: node
                .spans
                .first()
                .cloned()
                .or_else(|| Some(module.span.clone())),
            module: Some(binding.module),
            construct: format!("frame `{}`", binding.frame),
            frame: Some(binding.frame.clone()),
            column: None,
        });
    }
    findings
}
