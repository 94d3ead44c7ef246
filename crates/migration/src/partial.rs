//! A job of which some modules are not understood, lifted around them.
//!
//! The refused modules stay Python. With them stay the modules that need what they may have set, and the
//! Externals that make a frame they read: only frames that come out of a query can be handed to Python
//! exactly as the legacy job had them, since pandas types such a frame by its values alone. Everything else
//! becomes SQL. What is read from the lake, both sides read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use relift_dataflow::{
    Base, Dataflow, Expr, ExprKind, Function, NodeId, ObligationKind, Op, Refusal, Sink,
};
use relift_job::{Catalog, FrameName, Job, LegacyModules, ModuleKind};
use relift_lift::{Lifted, lift};
use relift_python::syntax::{ModuleSyntax, StateAccess, state_access};

use crate::analysis::RefusedAt;

/// A job lifted around the modules that stay as they are.
#[derive(Clone, Debug)]
pub(crate) struct Partial {
    /// What became SQL: outputs, and the frames that the others read.
    pub(crate) lifted: Lifted,
    /// What stays.
    pub(crate) kept: LegacyModules,
    /// Why each of these that is not refused itself stays.
    pub(crate) reasons: BTreeMap<usize, String>,
    /// What was refused.
    pub(crate) refused: Vec<RefusedAt>,
}

/// What is known of a job when some of it was refused.
pub(crate) struct Understood<'a> {
    pub(crate) job: &'a Job,
    pub(crate) flow: &'a Dataflow,
    pub(crate) refused: &'a [RefusedAt],
    pub(crate) externals: &'a BTreeMap<usize, ModuleSyntax>,
    /// Modules that are in the dataflow.
    pub(crate) lowered: &'a BTreeSet<usize>,
    /// Externals whose code may change the interpreter for all that runs after them.
    pub(crate) unbounded: &'a BTreeSet<usize>,
    /// Python files by the External that uses them.
    pub(crate) files: &'a BTreeMap<usize, BTreeSet<Arc<str>>>,
    /// Externals that leave something in their modules.
    pub(crate) remembering: &'a BTreeSet<usize>,
    pub(crate) catalog: &'a Catalog,
}

impl Understood<'_> {
    /// Externals before this one that may have left something it finds in a module.
    fn remembered_for(&self, external: usize) -> impl Iterator<Item = usize> {
        let own = self.files.get(&external);
        let shares = move |other: &usize| {
            let pair = own.zip(self.files.get(other));
            pair.is_some_and(|(own, files)| !own.is_disjoint(files))
        };
        let remembering = self.remembering.range(..external).copied();
        remembering.filter(shares)
    }
}

/// Lifts what can be lifted; `None` when nothing would become SQL, or when the refusals are about more than
/// single modules.
pub(crate) fn partial(understood: &Understood<'_>) -> Option<Partial> {
    let mut reasons: BTreeMap<usize, String> = BTreeMap::new();
    let mut refused: Vec<RefusedAt> = understood.refused.to_vec();
    let mut kept = BTreeSet::new();
    for (module, _) in &refused {
        kept.insert((*module)?);
    }
    // Each round keeps one more module at least.
    loop {
        let plan = match Plan::of(understood, &kept) {
            Ok(plan) => plan,
            Err(more) => {
                for (module, reason) in more {
                    kept.insert(module);
                    reasons.entry(module).or_insert(reason);
                }
                continue;
            }
        };
        let sinks = plan.sinks(understood)?;
        match lifted(understood, &sinks) {
            Ok(lifted) => {
                let mut more = BTreeMap::new();
                for (sink, of) in lifted.flow.sinks.iter().zip(&sinks) {
                    if plan.given.contains_key(&of.module)
                        && !crosses_exactly(&lifted.flow, sink.input)
                    {
                        let reason =
                            "its result has a type that a query of SQLite gives to no frame";
                        more.insert(of.module, reason.to_owned());
                    }
                }
                if more.is_empty() {
                    return plan.finish(understood, lifted, reasons, refused);
                }
                kept.extend(more.keys());
                reasons.extend(more);
            }
            Err(faults) => {
                for (module, refusal) in faults {
                    kept.insert(module);
                    refused.push((Some(module), refusal));
                }
            }
        }
    }
}

/// Lifts some outputs, or tells the modules that make those that cannot be.
fn lifted(understood: &Understood<'_>, sinks: &[Sink]) -> Result<Lifted, Vec<(usize, Refusal)>> {
    let with = |sinks: &[Sink]| {
        let flow = handed_over(understood, sinks)?;
        lift(&flow, understood.catalog)
    };
    let refusals = match with(sinks) {
        Ok(lifted) => return Ok(lifted),
        Err(refusals) => refusals,
    };
    let mut faults = Vec::new();
    for sink in sinks {
        if let Err(refusals) = with(std::slice::from_ref(sink)) {
            let module = maker(understood, sink);
            faults.extend(refusals.into_iter().map(|refusal| (module, refusal)));
        }
    }
    if faults.is_empty() {
        // Each alone can be lifted: what stands in the way belongs to all of them.
        let all = sinks.iter().map(|sink| maker(understood, sink));
        let first = refusals.into_iter().next();
        let first = first.unwrap_or_else(|| Refusal::new("job", "it is not lifted", None));
        faults.extend(all.map(|module| (module, first.clone())));
    }
    Err(faults)
}

/// The dataflow with these outputs. What is handed over is so before pandas types it: the values alone
/// decide there, so what would have to hold for the types to be known need not.
fn handed_over(understood: &Understood<'_>, sinks: &[Sink]) -> Result<Dataflow, Vec<Refusal>> {
    let mut flow = understood.flow.clone();
    let is_given = |sink: &&Sink| {
        matches!(
            understood.job.modules[sink.module].kind,
            ModuleKind::Transformation(_)
        )
    };
    let shown = sinks.iter().filter(|sink| !is_given(sink));
    let used = flow.reachable(shown.map(|sink| sink.input));
    let mut sinks = sinks.to_vec();
    for sink in &mut sinks {
        let node = flow.node(sink.input).clone();
        let (true, Op::Map { input, columns }) = (is_given(&&*sink), node.op) else {
            continue;
        };
        if !used[sink.input.0 as usize] {
            flow.obligations.retain(|obligation| {
                obligation.node != input
                    || !matches!(obligation.kind, ObligationKind::NeverMissing(_))
            });
        }
        let plain = columns
            .into_iter()
            .map(|(name, expr)| (name, untyped(expr)));
        let plain = Op::Map {
            input,
            columns: plain.collect(),
        };
        let place = node.spans.first().cloned();
        sink.input = flow
            .add(
                plain,
                sink.module,
                node.spans,
                node.name.as_deref(),
                understood.catalog,
            )
            .map_err(|error| vec![Refusal::new("frame", error.to_string(), place)])?;
    }
    flow.sinks = sinks;
    Ok(flow)
}

/// The value without what pandas makes of it.
fn untyped(expr: Expr) -> Expr {
    match expr.kind {
        ExprKind::Call(Function::Known | Function::ToPandasFloat, mut arguments)
            if arguments.len() == 1 =>
        {
            arguments.remove(0)
        }
        kind => Expr {
            kind,
            span: expr.span,
        },
    }
}

/// The module that makes what an output shows, unless it is read from the lake as it is.
fn maker(understood: &Understood<'_>, sink: &Sink) -> usize {
    let source = match &understood.job.modules[sink.module].kind {
        ModuleKind::DataFrameWriter(writer) => &writer.source,
        ModuleKind::CsvFileWriter(writer) => &writer.source,
        ModuleKind::ParquetFileWriter(writer) => &writer.source,
        _ => return sink.module,
    };
    let made = understood.flow.frames.iter().rev().find(|binding| {
        binding.module < sink.module && binding.frame == *source && binding.node == sink.input
    });
    let is_step = |module: usize| {
        matches!(
            understood.job.modules[module].kind,
            ModuleKind::External(_) | ModuleKind::Transformation(_)
        )
    };
    made.map(|binding| binding.module)
        .filter(|module| is_step(*module))
        .unwrap_or(sink.module)
}

/// Whether pandas types a frame made of the values of its rows as it types the result of the query.
fn crosses_exactly(flow: &Dataflow, node: NodeId) -> bool {
    let columns = flow.node(node).schema.columns();
    columns
        .iter()
        .all(|column| matches!(column.ty.base, Base::Int64 | Base::Float64 | Base::Text))
}

/// Names that modules which stay may have set.
#[derive(Clone, Debug, Default)]
struct Doubtful {
    /// Any name but those of `certain`.
    any: bool,
    names: BTreeSet<FrameName>,
    certain: BTreeSet<FrameName>,
}

impl Doubtful {
    fn has(&self, frame: &FrameName) -> bool {
        self.names.contains(frame) || self.any && !self.certain.contains(frame)
    }

    fn set(&mut self, frame: &FrameName) {
        self.certain.remove(frame);
        self.names.insert(frame.clone());
    }

    fn set_any(&mut self) {
        self.any = true;
        self.certain.clear();
    }

    fn settle(&mut self, frame: &FrameName) {
        self.names.remove(frame);
        self.certain.insert(frame.clone());
    }
}

/// Which modules stay, and what they are given.
struct Plan {
    /// Steps and writers that stay.
    kept: BTreeSet<usize>,
    /// Sources they read.
    sources: BTreeSet<usize>,
    /// Queries whose results they are given.
    given: BTreeMap<usize, FrameName>,
    /// Frames that an External must leave as they are, because lifted modules read them later.
    unchanged: BTreeMap<usize, BTreeSet<FrameName>>,
    /// Writers that are lifted.
    writers: Vec<usize>,
}

impl Plan {
    /// Follows the frames through the job; the error names modules that have to stay as well.
    fn of(
        understood: &Understood<'_>,
        kept: &BTreeSet<usize>,
    ) -> Result<Self, BTreeMap<usize, String>> {
        let mut plan = Self {
            kept: kept.clone(),
            sources: BTreeSet::new(),
            given: BTreeMap::new(),
            unchanged: BTreeMap::new(),
            writers: Vec::new(),
        };
        let mut more = BTreeMap::new();
        let mut makers: BTreeMap<FrameName, usize> = BTreeMap::new();
        let mut doubtful = Doubtful::default();
        let mut unbounded = false;
        // Frames that an External which stays has seen, by the External.
        let mut seen: BTreeMap<FrameName, BTreeSet<usize>> = BTreeMap::new();
        for (index, module) in understood.job.modules.iter().enumerate() {
            let stays = kept.contains(&index);
            let read = Read::of(understood, index, stays, &makers);
            if !stays && !understood.lowered.contains(&index) {
                let reason = "what it reads is not known, because of a module that stays as it is";
                more.insert(index, reason.to_owned());
            }
            if !stays && unbounded && !matches!(module.kind, ModuleKind::DataSourcing(_)) {
                let reason = "an External that stays as it is may change the interpreter before it";
                more.insert(index, reason.to_owned());
            }
            unbounded |= stays && understood.unbounded.contains(&index);
            if !stays && let Some(frame) = read.frames.iter().find(|frame| doubtful.has(frame)) {
                let reason = format!(
                    "it reads the frame \"{frame}\", which a module that stays as it is may have set"
                );
                more.insert(index, reason);
            }
            if stays {
                for frame in &read.frames {
                    plan.hand_over(understood, index, frame, &makers, &mut more);
                }
            } else {
                for frame in &read.frames {
                    for external in seen.get(frame).into_iter().flatten() {
                        let unchanged = plan.unchanged.entry(*external).or_default();
                        unchanged.insert(frame.clone());
                    }
                }
            }
            match &module.kind {
                ModuleKind::DataSourcing(source) => {
                    makers.insert(source.result.clone(), index);
                    seen.remove(&source.result);
                    if stays {
                        doubtful.set(&source.result);
                    } else {
                        doubtful.settle(&source.result);
                    }
                }
                ModuleKind::Transformation(step) => {
                    makers.insert(step.result.clone(), index);
                    seen.remove(&step.result);
                    if stays {
                        doubtful.set(&step.result);
                    } else {
                        doubtful.settle(&step.result);
                    }
                }
                ModuleKind::External(_) if stays => {
                    for earlier in understood.remembered_for(index) {
                        let reason = format!(
                            "it leaves something in a module that modules[{index}] imports, which stays as it is"
                        );
                        more.insert(earlier, reason);
                    }
                    for frame in &read.frames {
                        seen.entry(frame.clone()).or_default().insert(index);
                    }
                    match &read.access {
                        Some(access) => {
                            for frame in &access.writes {
                                doubtful.set(&FrameName::from(frame.as_str()));
                            }
                        }
                        None => doubtful.set_any(),
                    }
                }
                ModuleKind::External(_) => {
                    let set = understood.flow.frames.iter();
                    for binding in set.filter(|binding| binding.module == index) {
                        makers.insert(binding.frame.clone(), index);
                        seen.remove(&binding.frame);
                        doubtful.settle(&binding.frame);
                    }
                }
                ModuleKind::DataFrameWriter(_)
                | ModuleKind::CsvFileWriter(_)
                | ModuleKind::ParquetFileWriter(_) => {
                    if !stays {
                        plan.writers.push(index);
                    }
                }
            }
        }
        more.retain(|module, _| !kept.contains(module));
        if more.is_empty() { Ok(plan) } else { Err(more) }
    }

    /// Makes the frame there for a module that stays.
    fn hand_over(
        &mut self,
        understood: &Understood<'_>,
        reader: usize,
        frame: &FrameName,
        makers: &BTreeMap<FrameName, usize>,
        more: &mut BTreeMap<usize, String>,
    ) {
        let Some(maker) = makers.get(frame) else {
            return;
        };
        match understood.job.modules[*maker].kind {
            ModuleKind::DataSourcing(_) => {
                self.sources.insert(*maker);
            }
            _ if self.kept.contains(maker) => {}
            ModuleKind::Transformation(_) => {
                self.given.insert(*maker, frame.clone());
            }
            _ => {
                let reason = format!(
                    "modules[{reader}] reads its frame \"{frame}\" and stays as it is; how pandas \
                     labels and types such a frame depends on the code that made it"
                );
                more.insert(*maker, reason);
            }
        }
    }

    /// Outputs of the lifted part: the writers, and what is handed over. `None` when no step becomes SQL.
    fn sinks(&self, understood: &Understood<'_>) -> Option<Vec<Sink>> {
        let flow = understood.flow;
        let of_writers = flow
            .sinks
            .iter()
            .filter(|sink| self.writers.contains(&sink.module))
            .cloned();
        let of_given = self.given.iter().map(|(module, frame)| {
            let made = flow
                .frames
                .iter()
                .find(|binding| binding.module == *module && binding.frame == *frame);
            made.map(|binding| Sink {
                module: *module,
                input: binding.node,
            })
        });
        let mut sinks: Vec<Sink> = of_writers.collect();
        sinks.extend(of_given.collect::<Option<Vec<_>>>()?);
        let mut steps = sinks.iter().map(|sink| maker(understood, sink));
        let step = steps.any(|module| {
            matches!(
                understood.job.modules[module].kind,
                ModuleKind::External(_) | ModuleKind::Transformation(_)
            )
        });
        step.then_some(sinks)
    }

    fn finish(
        self,
        understood: &Understood<'_>,
        lifted: Lifted,
        mut reasons: BTreeMap<usize, String>,
        refused: Vec<RefusedAt>,
    ) -> Option<Partial> {
        if self.kept.is_empty() {
            return None;
        }
        let is_refused = |module: &usize| refused.iter().any(|(at, _)| *at == Some(*module));
        reasons.retain(|module, _| !is_refused(module));
        let mut modules: BTreeSet<usize> = self.kept;
        modules.extend(self.sources);
        modules.extend(self.given.keys());
        let kept = LegacyModules {
            configuration: understood.job.file.to_string(),
            modules: modules.into_iter().collect(),
            given: self.given,
            unchanged: self
                .unchanged
                .into_iter()
                .map(|(module, frames)| (module, frames.into_iter().collect()))
                .collect(),
        };
        Some(Partial {
            lifted,
            kept,
            reasons,
            refused,
        })
    }
}

/// What a module reads of the frames that are there.
struct Read {
    frames: BTreeSet<FrameName>,
    /// Of an External that stays.
    access: Option<StateAccess>,
}

impl Read {
    fn of(
        understood: &Understood<'_>,
        index: usize,
        stays: bool,
        makers: &BTreeMap<FrameName, usize>,
    ) -> Self {
        let mut access = None;
        let frames = match &understood.job.modules[index].kind {
            ModuleKind::DataSourcing(_) => BTreeSet::new(),
            ModuleKind::Transformation(step) => {
                // As the runtime does: a frame whose name is nowhere in the text cannot be a table of it.
                let text = step.sql.to_lowercase();
                let named = |frame: &&FrameName| text.contains(&frame.as_str().to_lowercase());
                makers.keys().filter(named).cloned().collect()
            }
            ModuleKind::External(external) if stays => {
                let syntax = understood.externals.get(&index);
                access = syntax.and_then(|syntax| state_access(syntax, &external.function));
                let read = |frame: &&FrameName| {
                    access
                        .as_ref()
                        .is_none_or(|access| access.reads.contains(frame.as_str()))
                };
                makers.keys().filter(read).cloned().collect()
            }
            ModuleKind::External(_) => {
                let reads = understood.flow.reads.iter();
                reads
                    .filter(|binding| binding.module == index)
                    .map(|binding| binding.frame.clone())
                    .collect()
            }
            ModuleKind::DataFrameWriter(writer) => BTreeSet::from([writer.source.clone()]),
            ModuleKind::CsvFileWriter(writer) => {
                let mut frames = BTreeSet::from([writer.source.clone()]);
                frames.extend(writer.trailer_source.clone());
                frames
            }
            ModuleKind::ParquetFileWriter(writer) => BTreeSet::from([writer.source.clone()]),
        };
        Self { frames, access }
    }
}
