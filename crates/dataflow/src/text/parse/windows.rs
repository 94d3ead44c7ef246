//! Windows and loops seen from inside.

use super::{Parsed, Parser};
use crate::{Bound, Frame, NodeId, Op, Running, RunningSlot, WindowFunction};

impl Parser<'_> {
    pub(super) fn window(&mut self) -> Parsed<Op> {
        let (mut partition, mut order, mut functions) = (Vec::new(), Vec::new(), Vec::new());
        self.block(|parser| {
            let start = parser.cursor.position();
            let word = parser.cursor.peek_word();
            if matches!(word, "by" | "order") {
                parser.cursor.word();
                if !parser.cursor.sees(":=") {
                    if word == "by" {
                        partition.push(parser.expr()?);
                    } else {
                        order.push(parser.sort_key()?);
                    }
                    return Ok(());
                }
                parser.cursor.back_to(start);
            }
            let name = parser.column()?;
            parser.cursor.expect(":=")?;
            functions.push((name, parser.window_function()?));
            Ok(())
        })?;
        Ok(Op::Window {
            input: self.input()?,
            partition,
            order,
            functions,
        })
    }

    fn window_function(&mut self) -> Parsed<WindowFunction> {
        let start = self.cursor.position();
        Ok(match self.cursor.word() {
            "row_number" => WindowFunction::RowNumber,
            "rank" => WindowFunction::Rank,
            "dense_rank" => WindowFunction::DenseRank,
            "tile" => WindowFunction::Tile(self.count("a number of groups")?),
            "offset" => {
                let minus = self.cursor.takes("-");
                let rows: i64 = self.count("a number of rows")?;
                self.cursor.expect_word("of")?;
                let value = self.expr()?;
                self.cursor.expect_word("default")?;
                WindowFunction::Offset {
                    value,
                    rows: if minus { -rows } else { rows },
                    default: self.expr()?,
                }
            }
            _ => {
                self.cursor.back_to(start);
                let aggregate = self.aggregate_call()?;
                self.cursor.expect_word("rows")?;
                let start = self.bound()?;
                self.cursor.expect_word("to")?;
                WindowFunction::Over {
                    aggregate,
                    frame: Frame {
                        start,
                        end: self.bound()?,
                    },
                }
            }
        })
    }

    fn bound(&mut self) -> Parsed<Bound> {
        Ok(match self.cursor.word() {
            "unbounded" => Bound::Unbounded,
            "current" => Bound::CurrentRow,
            "peers" => Bound::Peers,
            "preceding" => Bound::Preceding(self.count("a number of rows")?),
            "following" => Bound::Following(self.count("a number of rows")?),
            _ => {
                return Err(self
                    .cursor
                    .expected("unbounded, preceding, current, peers or following"));
            }
        })
    }

    /// A loop; `input` reads what stands behind it.
    pub(super) fn running_over(
        &mut self,
        input: impl FnOnce(&mut Self) -> Parsed<NodeId>,
    ) -> Parsed<Running> {
        let (mut keys, mut creates, mut presence) = (Vec::new(), None, None);
        let mut slots = Vec::new();
        self.block(|parser| {
            match parser.cursor.word() {
                "by" => keys.push(parser.expr()?),
                "creates" => creates = Some(parser.expr()?),
                "presence" => presence = Some(parser.column()?),
                "slot" => {
                    let before = parser.column()?;
                    parser.cursor.expect_word("after")?;
                    let after = parser.column()?;
                    parser.cursor.expect_word("first")?;
                    let first = parser.expr()?;
                    parser.cursor.expect_word("next")?;
                    slots.push(RunningSlot {
                        before,
                        after,
                        first,
                        next: parser.expr()?,
                    });
                }
                _ => return Err(parser.cursor.expected("by, creates, presence or slot")),
            }
            Ok(())
        })?;
        let (Some(creates), Some(presence)) = (creates, presence) else {
            return Err(self.cursor.expected("a loop with `creates` and `presence`"));
        };
        Ok(Running {
            input: input(self)?,
            keys,
            creates,
            presence,
            slots,
        })
    }
}
