//! The graph of one job.

use relift_diagnostics::Span;
use relift_job::{Catalog, ColumnName, FrameName, JobName};

use crate::blocks::Blocks;
use crate::properties::properties;
use crate::{Expr, Node, NodeId, Op, TypeError};

/// Everything a job does, as relations.
///
/// Nodes are in topological order: an input has a smaller number than its users. Nodes that no sink needs
/// stay, so that detectors and requirements see dead code too.
#[derive(Clone, Debug)]
pub struct Dataflow {
    /// The job.
    pub job: JobName,
    /// Version of the SQLite that runs the legacy job's Transformations, as `sqlite3.sqlite_version`
    /// says it; rounding and texts of floats differ between releases. `None` when it is not known.
    pub sqlite: Option<String>,
    /// Copies of the graph share the relations they have in common.
    nodes: Blocks<Node>,
    /// What is written, in the order of the writer modules.
    pub sinks: Vec<Sink>,
    /// Shared-state frames in the order they were set; a later binding of a name hides the earlier.
    pub frames: Vec<FrameBinding>,
    /// Which module read which frame, in order.
    pub reads: Vec<FrameBinding>,
    /// Conditions the meaning of the graph depends on.
    pub obligations: Vec<Obligation>,
}

/// One output.
#[derive(Clone, Debug, PartialEq)]
pub struct Sink {
    /// Index of the writer module in the job.
    pub module: usize,
    /// What is written.
    pub input: NodeId,
}

/// A frame name bound to, or read as, a relation by a module.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameBinding {
    /// Index of the module.
    pub module: usize,
    /// The frame's name.
    pub frame: FrameName,
    /// The relation.
    pub node: NodeId,
}

/// A condition that must hold for the graph to mean what the legacy code does.
#[derive(Clone, Debug, PartialEq)]
pub struct Obligation {
    /// The relation it speaks of.
    pub node: NodeId,
    /// What must hold.
    pub kind: ObligationKind,
    /// What would happen otherwise, as a clause: "a missing key raises KeyError".
    pub why: String,
    /// Code that depends on it.
    pub spans: Vec<Span>,
}

/// What must hold of a relation.
#[derive(Clone, Debug, PartialEq)]
pub enum ObligationKind {
    /// These columns hold no missing value.
    NeverMissing(Vec<ColumnName>),
    /// No two rows agree on these columns.
    Unique(Vec<ColumnName>),
    /// The condition is true for every row.
    Holds(Expr),
    /// There is at least one row.
    NotEmpty,
}

impl ObligationKind {
    /// Its expressions.
    pub fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::Holds(condition) => vec![condition],
            Self::NeverMissing(_) | Self::Unique(_) | Self::NotEmpty => Vec::new(),
        }
    }
}

impl Dataflow {
    /// An empty graph.
    pub fn new(job: JobName) -> Self {
        Self {
            job,
            sqlite: None,
            nodes: Blocks::default(),
            sinks: Vec::new(),
            frames: Vec::new(),
            reads: Vec::new(),
            obligations: Vec::new(),
        }
    }

    /// Adds a relation; its schema, order, keys and cardinality follow from the operator. A scan's types
    /// come from `catalog`, which nothing else reads.
    pub fn add(
        &mut self,
        op: Op,
        module: usize,
        spans: Vec<Span>,
        name: Option<&str>,
        catalog: &Catalog,
    ) -> Result<NodeId, TypeError> {
        let id = NodeId(u32::try_from(self.nodes.len()).expect("fewer than 2^32 nodes"));
        let derived = properties(self, id, &op, catalog)?;
        self.nodes.push(Node {
            op,
            schema: derived.schema,
            order: derived.order,
            keys: derived.keys,
            cardinality: derived.cardinality,
            spans,
            name: name.map(str::to_owned),
            module,
        });
        Ok(id)
    }

    /// The columns a relation would have.
    pub fn schema_of(&self, op: &Op, catalog: &Catalog) -> Result<crate::Schema, TypeError> {
        let id = NodeId(u32::try_from(self.nodes.len()).expect("fewer than 2^32 nodes"));
        Ok(properties(self, id, op, catalog)?.schema)
    }

    /// The relation.
    pub fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id.0 as usize)
    }

    /// Gives a relation the name the legacy code uses for it.
    pub fn rename(&mut self, id: NodeId, name: &str) {
        self.nodes.get_mut(id.0 as usize).name = Some(name.to_owned());
    }

    /// Adds places a relation comes from.
    pub fn add_spans(&mut self, id: NodeId, spans: impl IntoIterator<Item = Span>) {
        let own = &mut self.nodes.get_mut(id.0 as usize).spans;
        for span in spans {
            if !own.contains(&span) {
                own.push(span);
            }
        }
    }

    /// All relations with their ids, inputs first.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node)> {
        (0..self.nodes.len()).map(|index| (NodeId(index as u32), self.nodes.get(index)))
    }

    /// Relations a relation reads: inputs, then those its expressions ask; each once.
    pub fn dependencies(&self, id: NodeId) -> Vec<NodeId> {
        let op = &self.node(id).op;
        let mut found = op.inputs();
        for relation in op.exprs().into_iter().flat_map(Expr::relations) {
            if !found.contains(&relation) {
                found.push(relation);
            }
        }
        found
    }

    /// For each relation, whether some of `roots` needs it.
    pub fn reachable(&self, roots: impl IntoIterator<Item = NodeId>) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        for root in roots {
            reached[root.0 as usize] = true;
        }
        for index in (0..self.nodes.len()).rev() {
            if reached[index] {
                for dependency in self.dependencies(NodeId(index as u32)) {
                    reached[dependency.0 as usize] = true;
                }
            }
        }
        reached
    }

    /// For each relation, whether an output needs it.
    pub fn live(&self) -> Vec<bool> {
        self.reachable(self.sinks.iter().map(|sink| sink.input))
    }
}
