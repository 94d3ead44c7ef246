//! The texts behind `explain AP6`.

use crate::{DETECTORS, Detector};

/// Codes in the order of the catalogue.
pub const ORDERED_CODES: &[&str] = &[
    "AP1", "AP2", "AP3", "AP4", "AP5", "AP6", "AP7", "AP8", "AP9", "AP10", "AP11", "AP12",
];

/// The detector of a code, whatever its case.
pub fn detector(code: &str) -> Option<&'static Detector> {
    DETECTORS
        .iter()
        .copied()
        .find(|detector| detector.code.eq_ignore_ascii_case(code))
}

/// Title and text of a code, as printed for a reader.
pub fn catalogue_text(code: &str) -> Option<String> {
    let detector = detector(code)?;
    let lines: Vec<&str> = detector
        .text
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    Some(format!(
        "# {}: {}\n\n{}",
        detector.code,
        detector.title,
        lines.join("\n").trim_end()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_text() {
        let codes: Vec<_> = DETECTORS.iter().map(|detector| detector.code).collect();
        assert_eq!(codes, ORDERED_CODES);
        let text = catalogue_text("ap6").expect("AP6 is registered");
        assert!(text.starts_with("# AP6: row-by-row iteration\n\n## What it finds\n"));
    }
}
