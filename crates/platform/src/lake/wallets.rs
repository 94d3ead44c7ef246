//! Wallets of customers, and what is booked on them.

use super::calendar::moment;
use super::draw::{Draw, changes};
use super::frame::{Batches, Frame, in_chunks};
use super::generator::Market;
use super::vocabulary::CURRENCIES;

/// Ids of wallets count from here.
const FIRST_WALLET: i64 = 500_001;
/// Tries to find an earlier transaction that is no correction itself.
const CORRECTION_TRIES: i64 = 8;

#[derive(Clone, Copy)]
struct Transaction {
    id: i64,
    wallet: i64,
    booked: i64,
    value_date: i64,
    amount: i64,
    kind: &'static str,
    corrects: Option<i64>,
}

impl Market {
    fn wallet_count(self) -> i64 {
        (i64::from(self.customers) * 3 / 10).max(12)
    }

    /// The wallets of a day; some customers have several.
    pub(super) fn wallets(self, day: i64) -> Batches {
        struct Wallet {
            id: i64,
            customer: i64,
            currency: &'static str,
            balance: i64,
            status: &'static str,
            opened: i64,
        }
        in_chunks(self.wallet_count(), move |chunk| {
            let wallet = |index: i64| {
                let id = FIRST_WALLET + index;
                let mut fixed = Draw::keyed(self.seed, "wallet", &[id]);
                let turn = changes(self.seed, "balance", id, day, 3);
                let mut balance = Draw::keyed(self.seed, "balance", &[id, turn]);
                let turn = changes(self.seed, "wallet status", id, day, 90);
                let mut status = Draw::keyed(self.seed, "wallet status", &[id, turn]);
                Wallet {
                    id,
                    customer: fixed.between(1, i64::from(self.customers).max(1)),
                    currency: if fixed.percent(70) {
                        CURRENCIES[0].0
                    } else {
                        fixed.pick(&CURRENCIES).0
                    },
                    opened: fixed.between(17_500, 19_700),
                    balance: match balance.below(100) {
                        0..5 => -balance.between(1, 12_000),
                        5..12 => 0,
                        12..60 => balance.between(1, 9_999),
                        _ => balance.between(10_000, 180_000),
                    },
                    status: match status.below(100) {
                        0..90 => "open",
                        90..96 => "frozen",
                        _ => "closed",
                    },
                }
            };
            let rows: Vec<Wallet> = chunk.map(wallet).collect();
            Frame::default()
                .bigint("wallet_id", rows.iter().map(|row| row.id))
                .bigint("customer_id", rows.iter().map(|row| row.customer))
                .text("currency", rows.iter().map(|row| row.currency))
                .decimal("balance", 12, 2, rows.iter().map(|row| row.balance))
                .text("status", rows.iter().map(|row| row.status))
                .date("opened_on", rows.iter().map(|row| row.opened))
                .finish()
        })
    }

    fn transaction_count(self, day: i64) -> i64 {
        self.daily("wallet transactions", day, 900)
    }

    /// The transaction with `ordinal` of a day, unless it corrects another one.
    ///
    /// What it draws next is handed on to whoever makes the correction.
    fn plain_transaction(self, day: i64, ordinal: i64) -> (Option<Transaction>, Draw) {
        let mut draw = Draw::keyed(self.seed, "wallet transaction", &[day, ordinal]);
        let booked = moment(day, ordinal, self.transaction_count(day), &mut draw);
        let kind = match draw.below(100) {
            0..24 => "topup",
            24..76 => "purchase",
            76..86 => "refund",
            86..96 => "fee",
            _ => return (None, draw),
        };
        let wallets = self.wallet_count();
        // A sixth of the wallets is used most.
        let busy = if draw.percent(55) {
            (wallets / 6).max(1)
        } else {
            wallets
        };
        let amount = match kind {
            "topup" => draw.between(1, 40) * 500,
            "refund" => draw.between(100, 12_000),
            "fee" => -draw.pick(&[25, 50, 95, 150]),
            _ => -draw.between(99, 15_000),
        };
        let late = draw.percent(6);
        let transaction = Transaction {
            id: self.event_id(day, ordinal),
            wallet: FIRST_WALLET + draw.between(0, busy - 1),
            booked,
            value_date: if late { day - draw.between(1, 9) } else { day },
            amount,
            kind,
            corrects: None,
        };
        (Some(transaction), draw)
    }

    fn transaction(self, day: i64, ordinal: i64) -> Transaction {
        let (plain, mut draw) = self.plain_transaction(day, ordinal);
        if let Some(plain) = plain {
            return plain;
        }
        let mut corrected = None;
        for attempt in 0..CORRECTION_TRIES {
            // Half correct something of the same day, the others something of the week before.
            let same_day = ordinal > 0 && draw.percent(50) && attempt < CORRECTION_TRIES / 2;
            let (other_day, other) = if same_day {
                (day, draw.between(0, ordinal - 1))
            } else {
                let before = day - draw.between(1, 7);
                (before, draw.between(0, self.transaction_count(before) - 1))
            };
            corrected = self.plain_transaction(other_day, other).0;
            if corrected.is_some() {
                break;
            }
        }
        let booked = moment(
            day,
            ordinal,
            self.transaction_count(day),
            &mut Draw::keyed(self.seed, "wallet transaction", &[day, ordinal]),
        );
        let id = self.event_id(day, ordinal);
        match corrected {
            Some(wrong) => Transaction {
                id,
                wallet: wrong.wallet,
                booked,
                value_date: wrong.value_date,
                amount: wrong.amount * draw.between(50, 130) / 100,
                kind: "correction",
                corrects: Some(wrong.id),
            },
            None => Transaction {
                id,
                wallet: FIRST_WALLET,
                booked,
                value_date: day,
                amount: -draw.between(1, 500),
                kind: "fee",
                corrects: None,
            },
        }
    }

    /// What is booked on a day, in time order; corrections name an earlier transaction.
    pub(super) fn wallet_transactions(self, day: i64) -> Batches {
        in_chunks(self.transaction_count(day), move |chunk| {
            let rows: Vec<Transaction> = chunk
                .map(|ordinal| self.transaction(day, ordinal))
                .collect();
            Frame::default()
                .bigint("transaction_id", rows.iter().map(|row| row.id))
                .bigint("wallet_id", rows.iter().map(|row| row.wallet))
                .timestamp("booked_at", rows.iter().map(|row| row.booked))
                .date("value_date", rows.iter().map(|row| row.value_date))
                .decimal("amount", 12, 2, rows.iter().map(|row| row.amount))
                .text("kind", rows.iter().map(|row| row.kind))
                .bigint("corrects_id", rows.iter().map(|row| row.corrects))
                .finish()
        })
    }
}
