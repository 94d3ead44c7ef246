//! Graphs from text, tables from rows, and a catalog from a few words.

use std::collections::BTreeMap;

use relift_dataflow::interpret::{Interpreter, Parameters, Raised, Table, Value};
use relift_dataflow::{Dataflow, NodeId, Op, text};
use relift_diagnostics::SourceFile;
use relift_job::{Catalog, ColumnFacts, EffectiveDate, LakeType, Nulls, TableFacts, TableName};

/// Tables by the frame their scan fills.
pub(crate) type Frames = BTreeMap<&'static str, Table>;

/// Parses a graph, and checks on the way that printing and parsing it changes nothing.
pub(crate) fn graph(text: &str, catalog: &Catalog) -> Dataflow {
    let file = SourceFile::new("graph.txt", text);
    let flow = text::parse(&file, catalog).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let printed = flow.to_string();
    let again = text::parse(&SourceFile::new("printed.txt", &printed), catalog)
        .unwrap_or_else(|error| panic!("{error}\n{printed}"));
    assert_same(&flow, &again);
    assert_eq!(printed, again.to_string());
    flow
}

/// Everything a graph says, places included.
pub(crate) fn assert_same(left: &Dataflow, right: &Dataflow) {
    assert_eq!(left.job, right.job);
    assert_eq!(left.nodes().count(), right.nodes().count());
    for ((id, a), (_, b)) in left.nodes().zip(right.nodes()) {
        assert_eq!(a.op, b.op, "{id}");
        assert_eq!(a.schema, b.schema, "{id}");
        assert_eq!(a.order, b.order, "{id}");
        assert_eq!(a.keys, b.keys, "{id}");
        assert_eq!(a.spans, b.spans, "{id}");
        assert_eq!(a.name, b.name, "{id}");
        assert_eq!(a.module, b.module, "{id}");
        if let (Op::Fold(a), Op::Fold(b)) = (&a.op, &b.op) {
            for (a, b) in a.states.iter().zip(&b.states) {
                assert_eq!((&a.name, &a.spans), (&b.name, &b.spans), "{id}");
            }
        }
    }
    assert_eq!(left.sinks, right.sinks);
    assert_eq!(left.frames, right.frames);
    assert_eq!(left.reads, right.reads);
    assert_eq!(left.obligations, right.obligations);
}

pub(crate) fn on(date: &str) -> Parameters {
    Parameters::on(EffectiveDate::parse(date).unwrap())
}

/// Rows of the last relation.
pub(crate) fn last(flow: &Dataflow, frames: &Frames, date: &str) -> Result<Table, Raised> {
    let id = NodeId(u32::try_from(flow.nodes().count()).unwrap() - 1);
    relation(flow, id, frames, date)
}

pub(crate) fn relation(
    flow: &Dataflow,
    id: NodeId,
    frames: &Frames,
    date: &str,
) -> Result<Table, Raised> {
    let inputs = |_: NodeId, op: &Op| match op {
        Op::Scan { frame, .. } => frames.get(frame.as_str()).cloned(),
        _ => None,
    };
    let table = Interpreter::new(flow, &inputs, on(date)).table(id)?;
    Ok((*table).clone())
}

/// Interprets a graph without scans and compares its last relation, as printed, with `expected`.
pub(crate) fn check(nodes: &str, expected: &str) {
    let flow = graph(&format!("job test\n{nodes}"), &Catalog::default());
    let table =
        last(&flow, &Frames::new(), "2024-10-31").unwrap_or_else(|raised| panic!("{raised}"));
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    };
    assert_eq!(lines(&table.to_string()), lines(expected), "{flow}");
}

/// A column of a test table.
pub(crate) type ColumnWords = (&'static str, LakeType, Nulls);

/// A catalog of one schema, `shop`.
pub(crate) fn catalog(tables: &[(&str, &[ColumnWords])]) -> Catalog {
    let tables = tables.iter().map(|(table, columns)| {
        let columns = columns.iter().map(|(name, lake_type, nulls)| ColumnFacts {
            name: (*name).into(),
            lake_type: *lake_type,
            nulls: *nulls,
        });
        let facts = TableFacts {
            columns: columns.collect(),
            version: 0,
        };
        (TableName::new("shop", table), facts)
    });
    Catalog {
        tables: tables.collect(),
    }
}

/// Days since 1970 of a date.
pub(crate) fn date(text: &str) -> Value {
    Value::Date(EffectiveDate::parse(text).unwrap().days_since_epoch())
}
