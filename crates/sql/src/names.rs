//! Names that are free: the wanted one, or the first number behind it that makes it differ.

/// The wanted name, followed by 2, 3, … as long as it is taken.
pub(crate) fn free_name(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut name = wanted.to_owned();
    let mut number = 1_u64;
    while taken(&name) {
        number += 1;
        name = format!("{wanted}_{number}");
    }
    name
}
