//! Keys under which equal rows meet: a hash over typed, length-prefixed cells.
//!
//! Plain concatenation would let `("ab", "c")` meet `("a", "bc")`, and `1` meet `"1"`.

use relift_diagnostics::ContentHash;

use crate::Cell;

/// Hash of a row's cells, their types and lengths.
pub(crate) fn row_key(row: &[Cell]) -> ContentHash {
    let mut bytes = Vec::with_capacity(row.len() * 16);
    bytes.extend_from_slice(&(row.len() as u64).to_le_bytes());
    for cell in row {
        push_cell(&mut bytes, cell);
    }
    ContentHash::of(&bytes)
}

fn push_cell(bytes: &mut Vec<u8>, cell: &Cell) {
    let mut push = |tag: u8, content: &[u8]| {
        bytes.push(tag);
        bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
        bytes.extend_from_slice(content);
    };
    match cell {
        Cell::Null => push(0, &[]),
        Cell::Bool(value) => push(1, &[u8::from(*value)]),
        Cell::Int(value) => push(2, &value.to_le_bytes()),
        Cell::Float(value) => {
            let bits = if value.is_nan() {
                f64::NAN.to_bits()
            } else {
                value.to_bits()
            };
            push(3, &bits.to_le_bytes());
        }
        Cell::Decimal(value) => {
            push(
                4,
                &[
                    &value.unscaled.to_le_bytes()[..],
                    &value.scale.to_le_bytes()[..],
                ]
                .concat(),
            );
        }
        Cell::Text(value) => push(5, value.as_bytes()),
        Cell::Date(value) => push(6, &value.to_le_bytes()),
        Cell::Timestamp(value) => push(7, &value.to_le_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_concatenate_alike_have_different_keys() {
        let text = |cells: &[&str]| {
            row_key(
                &cells
                    .iter()
                    .map(|c| Cell::Text((*c).into()))
                    .collect::<Vec<_>>(),
            )
        };
        assert_ne!(text(&["ab", "c"]), text(&["a", "bc"]));
        assert_ne!(text(&["", ""]), text(&[""]));
        assert_ne!(row_key(&[Cell::Text("1".into())]), row_key(&[Cell::Int(1)]));
        assert_ne!(
            row_key(&[Cell::Null]),
            row_key(&[Cell::Text(String::new())])
        );
        assert_eq!(
            row_key(&[Cell::Float(f64::NAN)]),
            row_key(&[Cell::Float(-f64::NAN)])
        );
    }
}
