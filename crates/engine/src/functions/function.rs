//! The shape all functions share: a name, which argument types it takes, what it returns, how it computes.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef};
use deltalake::datafusion::common::ScalarValue;
use deltalake::datafusion::error::{DataFusionError, Result};
use deltalake::datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

/// A function of rewritten jobs' SQL.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name in SQL.
    pub name: &'static str,
    /// Its parameters, as documentation shows them.
    pub parameters: &'static str,
    /// What it returns, in one line.
    pub summary: &'static str,
    /// Types to bring the arguments to; an error when there are none.
    pub(super) coerced: fn(&[DataType]) -> Option<Vec<DataType>>,
    /// Type of the result by the coerced argument types and the constants among the arguments.
    pub(super) returned: fn(&[DataType], &Constants<'_>) -> Result<DataType>,
    /// Computes one column.
    pub(super) computed: fn(&[ArrayRef], &DataType) -> Result<ArrayRef>,
}

/// Arguments that are constants of the query.
pub(super) struct Constants<'a>(&'a [Option<&'a ScalarValue>]);

impl Constants<'_> {
    /// A whole number at a position; it decides a type, so it cannot come from a column.
    pub(super) fn whole(&self, at: usize, what: &str) -> Result<i64> {
        match self.0.get(at).copied().flatten() {
            Some(ScalarValue::Int64(Some(number))) => Ok(*number),
            Some(ScalarValue::Int32(Some(number))) => Ok((*number).into()),
            _ => Err(DataFusionError::Plan(format!(
                "{what} must be a whole number written in the query"
            ))),
        }
    }

    /// A text at a position, where one is given; it chooses an algorithm for all rows.
    pub(super) fn text(&self, at: usize, what: &str) -> Result<Option<&str>> {
        use ScalarValue::{LargeUtf8, Utf8, Utf8View};
        match self.0.get(at) {
            None => Ok(None),
            Some(Some(Utf8(Some(text)) | LargeUtf8(Some(text)) | Utf8View(Some(text)))) => {
                Ok(Some(text))
            }
            Some(_) => Err(DataFusionError::Plan(format!(
                "{what} must be text written in the query"
            ))),
        }
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        static SIGNATURE: std::sync::LazyLock<Signature> =
            std::sync::LazyLock::new(|| Signature::user_defined(Volatility::Immutable));
        &SIGNATURE
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        (self.coerced)(arg_types).ok_or_else(|| {
            let given: Vec<String> = arg_types.iter().map(ToString::to_string).collect();
            let (name, parameters) = (self.name, self.parameters);
            DataFusionError::Plan(format!(
                "{name}({parameters}) cannot take ({})",
                given.join(", ")
            ))
        })
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Err(DataFusionError::Internal(format!(
            "the type of {} depends on its arguments",
            self.name
        )))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let types: Vec<DataType> = args
            .arg_fields
            .iter()
            .map(|field| field.data_type().clone())
            .collect();
        let returned =
            (self.returned)(&types, &Constants(args.scalar_arguments)).map_err(|error| {
                DataFusionError::Plan(format!("{}({}): {error}", self.name, self.parameters))
            })?;
        Ok(Arc::new(Field::new(self.name, returned, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays: Result<Vec<ArrayRef>> = args
            .args
            .iter()
            .map(|value| value.to_array(args.number_rows))
            .collect();
        let computed = (self.computed)(&arrays?, args.return_field.data_type());
        computed
            .map(ColumnarValue::Array)
            .map_err(|error| match error {
                DataFusionError::Execution(message) => {
                    DataFusionError::Execution(format!("{}: {message}", self.name))
                }
                other => other,
            })
    }
}

/// An execution error; the function's name is put before it.
pub(super) fn failed(error: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::Execution(error.to_string())
}

/// Whether a type is an integer that fits 64 bits with its sign.
pub(super) fn integer(data_type: &DataType) -> bool {
    use DataType::{Int8, Int16, Int32, Int64, Null, UInt8, UInt16, UInt32};
    matches!(
        data_type,
        Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | Null
    )
}

/// Whether a type is a number that may become a double.
pub(super) fn number(data_type: &DataType) -> bool {
    integer(data_type)
        || matches!(data_type, DataType::Float32 | DataType::Float64)
        || decimal(data_type)
}

pub(super) fn decimal(data_type: &DataType) -> bool {
    use DataType::{Decimal32, Decimal64, Decimal128};
    matches!(data_type, Decimal32(..) | Decimal64(..) | Decimal128(..))
}

pub(super) fn text(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null
    )
}

/// Computes on one numeric column.
pub(super) fn each<A: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    values: &PrimitiveArray<A>,
    f: impl Fn(A::Native) -> Result<Option<O::Native>>,
) -> Result<ArrayRef> {
    let computed: Result<PrimitiveArray<O>> = values
        .iter()
        .map(|value| value.map_or(Ok(None), &f))
        .collect();
    Ok(Arc::new(computed?))
}

/// Computes on two numeric columns.
pub(super) fn each_pair<A: ArrowPrimitiveType, B: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    left: &PrimitiveArray<A>,
    right: &PrimitiveArray<B>,
    f: impl Fn(A::Native, B::Native) -> Result<Option<O::Native>>,
) -> Result<ArrayRef> {
    let computed: Result<PrimitiveArray<O>> = left
        .iter()
        .zip(right.iter())
        .map(|pair| match pair {
            (Some(a), Some(b)) => f(a, b),
            _ => Ok(None),
        })
        .collect();
    Ok(Arc::new(computed?))
}

/// Prints one numeric column, with a second one as argument.
pub(super) fn each_pair_text<A: ArrowPrimitiveType, B: ArrowPrimitiveType>(
    left: &PrimitiveArray<A>,
    right: &PrimitiveArray<B>,
    f: impl Fn(A::Native, B::Native) -> Result<String>,
) -> Result<ArrayRef> {
    let computed: Result<StringArray> = left
        .iter()
        .zip(right.iter())
        .map(|pair| match pair {
            (Some(a), Some(b)) => f(a, b).map(Some),
            _ => Ok(None),
        })
        .collect();
    Ok(Arc::new(computed?))
}

/// A text column's value at a row.
pub(super) fn text_at(texts: &StringArray, row: usize) -> Option<&str> {
    texts.is_valid(row).then(|| texts.value(row))
}
