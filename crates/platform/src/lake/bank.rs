//! The bank's statement: payments as they arrive, with whatever people write on them.

use super::draw::Draw;
use super::frame::{Batches, Frame, in_chunks};
use super::generator::Market;
use super::vocabulary::{FIRMS, LAST_NAMES};

/// Countries of accounts with the number of digits after country and check digits.
const ACCOUNTS: [(&str, usize); 5] = [("DE", 18), ("ES", 20), ("PL", 24), ("AT", 16), ("CH", 17)];
/// Amounts in cents that arrive without being a payment of the day.
const ROUND_AMOUNTS: [i64; 6] = [1_000, 1_999, 2_500, 4_990, 5_000, 10_000];

/// An account number of someone, with check digits that fit.
pub(super) fn iban(draw: &mut Draw) -> String {
    let (country, length) = draw.pick(&ACCOUNTS);
    let digits: String = (0..length)
        .map(|_| char::from(b'0' + draw.below(10) as u8))
        .collect();
    // Letters count as 10 to 35; the number with the country and 00 behind it gives the check digits.
    let spelled = country
        .bytes()
        .map(|letter| (u32::from(letter - b'A') + 10).to_string());
    let whole: String = digits
        .chars()
        .chain(spelled.collect::<String>().chars())
        .collect();
    let remainder = remainder_by_97(&format!("{whole}00"));
    format!("{country}{:02}{digits}", 98 - remainder)
}

fn remainder_by_97(digits: &str) -> u32 {
    digits
        .bytes()
        .fold(0, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97)
}

impl Market {
    /// The lines of a day's statement.
    pub(super) fn bank_statement(self, day: i64) -> Batches {
        struct Line {
            number: i32,
            booked: i64,
            amount: i64,
            purpose: Option<String>,
            counterparty: String,
            iban: String,
        }
        let count = self.daily("bank statement", day, 700);
        let orders = self.order_count(day);
        in_chunks(count, move |chunk| {
            let line = |ordinal: i64| {
                let mut draw = Draw::keyed(self.seed, "bank line", &[day, ordinal]);
                // Each line has orders of its own to pay, so that two rarely pay the same one.
                let first = ordinal * orders / count;
                let next = ((ordinal + 1) * orders / count).max(first + 1);
                let order = draw.between(first, next - 1).min(orders - 1);
                let paid = self.payments_for(day, order);
                let id = self.event_id(day, order);
                let amount = match (draw.below(100), paid.first()) {
                    (0..72, Some(payment)) => payment.amount,
                    // Bank charges are kept back, or somebody mistypes.
                    (72..80, Some(payment)) => payment.amount - draw.pick(&[10, 25, 150]),
                    (80..87, _) => -draw.pick(&ROUND_AMOUNTS) - draw.pick(&[0, 0, 45]),
                    _ => draw.pick(&ROUND_AMOUNTS),
                };
                let purpose = match draw.below(100) {
                    0..40 => Some(format!("ORDER {id} THANKS")),
                    40..52 => Some(format!("order {id}")),
                    52..62 => Some(format!("INV-{} / ORDER {id}", draw.between(1_000, 9_999))),
                    62..68 => Some(format!("{id}")),
                    68..86 => Some(
                        draw.pick(&[
                            "GIFT",
                            "thank you",
                            "PAYMENT",
                            "re: your letter, 2nd reminder",
                        ])
                        .to_owned(),
                    ),
                    _ => None,
                };
                let counterparty = if draw.percent(12) {
                    format!("{} {}", draw.pick(&LAST_NAMES), draw.pick(&FIRMS))
                } else {
                    self.customer_name(draw.between(1, self.customer_count(day).max(1)))
                };
                Line {
                    number: ordinal as i32 + 1,
                    booked: if draw.percent(8) {
                        day - draw.between(1, 3)
                    } else {
                        day
                    },
                    amount,
                    purpose,
                    counterparty,
                    iban: iban(&mut draw),
                }
            };
            let rows: Vec<Line> = chunk.map(line).collect();
            Frame::default()
                .int("line_no", rows.iter().map(|row| row.number))
                .date("booked_on", rows.iter().map(|row| row.booked))
                .decimal("amount", 12, 2, rows.iter().map(|row| row.amount))
                .maybe_text("purpose", rows.iter().map(|row| row.purpose.as_ref()))
                .text("counterparty", rows.iter().map(|row| &row.counterparty))
                .text("iban", rows.iter().map(|row| &row.iban))
                .finish()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_numbers_pass_their_own_check() {
        for key in 0..200 {
            let iban = iban(&mut Draw::keyed(1, "iban", &[key]));
            let moved = format!("{}{}", &iban[4..], &iban[..4]);
            let digits: String = moved
                .chars()
                .filter_map(|letter| letter.to_digit(36))
                .map(|value| value.to_string())
                .collect();
            assert_eq!(remainder_by_97(&digits), 1, "{iban}");
        }
    }
}
