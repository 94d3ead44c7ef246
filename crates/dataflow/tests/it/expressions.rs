//! Random expressions, made from a list of bytes so that a failing one shrinks with it.

use relift_dataflow::{
    Comparison, Expr, ExprKind, Flavour, Function, Literal, LookupValue, NodeId, Parameter,
};

/// Choices taken from bytes; without bytes the first choice is made, which is always a leaf.
pub(crate) struct Choices {
    bytes: std::vec::IntoIter<u8>,
}

impl Choices {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes: bytes.into_iter(),
        }
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::from(self.bytes.next().unwrap_or(0)) % count
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    fn bits(&mut self) -> u64 {
        (0..8).fold(0, |bits, _| bits << 8 | self.below(256) as u64)
    }

    fn name(&mut self) -> String {
        let plain = [
            "a",
            "if",
            "then",
            "date",
            "Total Amount",
            "naïve",
            "",
            "by",
            "x\"y\n",
            "1st",
        ];
        self.one(&plain).to_owned()
    }

    /// Any expression, well typed or not.
    pub(crate) fn any(&mut self, depth: usize) -> Expr {
        let shapes = if depth == 0 { 4 } else { 9 };
        let kind = match self.below(shapes) {
            0 => ExprKind::Column(self.name().into()),
            1 => ExprKind::Literal(self.literal()),
            2 => ExprKind::Parameter(
                self.one(&[Parameter::EffectiveDate, Parameter::ProcessingTime]),
            ),
            3 => match self.below(2) {
                0 => ExprKind::Previous(self.name().into()),
                _ => ExprKind::Scalar {
                    relation: NodeId(self.below(3) as u32),
                    column: self.name().into(),
                },
            },
            4 | 5 => {
                let function = match self.below(4) {
                    0 => Function::Compare(
                        self.one(&[Comparison::Eq, Comparison::Lt, Comparison::Ge]),
                        self.one(&[Flavour::Python, Flavour::Sql]),
                    ),
                    1 => Function::Quantize(self.one(&relift_dataflow::RoundingMode::ALL)),
                    _ => self.one(Function::NAMED).0,
                };
                let count = self.below(4);
                ExprKind::Call(function, (0..count).map(|_| self.any(depth - 1)).collect())
            }
            6 | 7 => ExprKind::If {
                arms: (0..self.below(3))
                    .map(|_| (self.any(depth - 1), self.any(depth - 1)))
                    .collect(),
                otherwise: Box::new(self.any(depth - 1)),
            },
            _ => ExprKind::Lookup {
                relation: NodeId(self.below(3) as u32),
                keys: (0..self.below(3))
                    .map(|_| (self.name().into(), self.any(depth - 1)))
                    .collect(),
                value: match self.below(2) {
                    0 => LookupValue::Present,
                    _ => LookupValue::Column(self.name().into()),
                },
            },
        };
        Expr::new(kind)
    }

    fn literal(&mut self) -> Literal {
        match self.below(8) {
            0 => Literal::None,
            1 => Literal::Bool(self.below(2) == 1),
            2 => Literal::Int(self.bits().cast_signed()),
            3 => Literal::Float(f64::from_bits(self.bits())),
            4 => {
                Literal::Float(self.one(&[0.0, -0.0, 1e16, 1e-5, f64::NAN, f64::NEG_INFINITY, 2.5]))
            }
            5 => Literal::Decimal {
                unscaled: i128::from(self.bits().cast_signed()),
                scale: (self.below(60) as i8) - 20,
            },
            6 => Literal::Text(
                self.one(&["", "it's", "a\\b", "line\nline", "\u{1}", "--", "ß"])
                    .to_owned(),
            ),
            _ => Literal::Date(self.bits() as i32 >> self.below(20)),
        }
    }

    /// A truth value over [`COLUMNS`].
    pub(crate) fn truth(&mut self, depth: usize) -> Expr {
        let shapes = if depth == 0 { 3 } else { 11 };
        match self.below(shapes) {
            0 => Expr::column("b"),
            1 => Expr::bool(self.below(2) == 1),
            2 => Expr::column("nb"),
            3 | 4 => {
                let function = self.one(&[Function::And, Function::Or]);
                let count = self.below(4);
                Expr::call(
                    function,
                    (0..count).map(|_| self.truth(depth - 1)).collect(),
                )
            }
            5 => self.truth(depth - 1).negated(),
            6 | 7 => {
                let comparison = self.one(&[
                    Comparison::Eq,
                    Comparison::Ne,
                    Comparison::Lt,
                    Comparison::Le,
                    Comparison::Gt,
                    Comparison::Ge,
                ]);
                let flavour = self.one(&[Flavour::Python, Flavour::Sql]);
                let (left, right) = (self.number(depth - 1), self.number(depth - 1));
                match self.below(4) {
                    0 => Expr::compare(comparison, flavour, left, Expr::none()),
                    1 => Expr::compare(comparison, flavour, Expr::none(), right),
                    _ => Expr::compare(comparison, flavour, left, right),
                }
            }
            8 => {
                let function = self.one(&[Function::Truthy, Function::IsNone, Function::IsMissing]);
                let argument = match self.below(3) {
                    0 => self.number(depth - 1),
                    1 => self.truth(depth - 1),
                    _ => Expr::literal(self.literal()),
                };
                Expr::call(function, vec![argument])
            }
            _ => self.choice(depth, Self::truth),
        }
    }

    /// A number over [`COLUMNS`].
    pub(crate) fn number(&mut self, depth: usize) -> Expr {
        let shapes = if depth == 0 { 3 } else { 8 };
        match self.below(shapes) {
            0 => Expr::column(self.one(&["i", "ni", "f", "nf", "d"])),
            1 => Expr::int(self.one(&[0, 1, -1, 2])),
            2 => Expr::literal(self.one(&[
                Literal::Float(0.0),
                Literal::Float(1.0),
                Literal::Float(f64::NAN),
                Literal::Decimal {
                    unscaled: 10,
                    scale: 1,
                },
                Literal::Decimal {
                    unscaled: 100,
                    scale: 2,
                },
            ])),
            3 => Expr::call(
                self.one(&[Function::Divide, Function::FloorDivide, Function::Modulo]),
                vec![self.integer(depth - 1), self.integer(depth - 1)],
            ),
            4 | 5 => self.integer(depth - 1),
            _ => self.choice(depth, Self::number),
        }
    }

    fn integer(&mut self, depth: usize) -> Expr {
        let shapes = if depth == 0 { 2 } else { 4 };
        match self.below(shapes) {
            0 => Expr::column(self.one(&["i", "ni"])),
            1 => Expr::int(self.one(&[0, 1, 2])),
            2 => Expr::call(
                self.one(&[Function::Add, Function::Subtract]),
                vec![self.integer(depth - 1), self.integer(depth - 1)],
            ),
            _ => self.choice(depth, Self::integer),
        }
    }

    fn choice(&mut self, depth: usize, value: fn(&mut Self, usize) -> Expr) -> Expr {
        let count = 1 + self.below(3);
        let arms = (0..count)
            .map(|_| (self.truth(depth - 1), value(self, depth - 1)))
            .collect();
        let otherwise = Box::new(value(self, depth - 1));
        Expr::new(ExprKind::If { arms, otherwise })
    }
}

/// Columns of random rows: plain and nullable truth values, integers and floats, and a decimal.
pub(crate) const COLUMNS: [&str; 7] = ["b", "nb", "i", "ni", "f", "nf", "d"];
