//! Orders of a day with their lines and payments, and what comes back of earlier ones.
//!
//! Amounts are made so that rounding rules show: many line amounts and fees lie exactly on half a cent.

use super::draw::Draw;
use super::frame::{Batches, Frame, in_chunks};
use super::generator::Market;
use super::goods::PRODUCTS;
use super::vocabulary::{CHANNELS, CURRENCIES, METHODS, RETURN_REASONS, STATUSES};

/// Discount rates in ten-thousandths.
const DISCOUNTS: [i64; 8] = [0, 0, 500, 1_000, 1_250, 1_500, 2_500, 5_000];
/// Tax rates in ten-thousandths.
const TAXES: [i64; 4] = [700, 1_000, 1_900, 2_550];
/// Fee rates in hundred-thousandths.
const FEES: [i64; 5] = [500, 1_250, 1_500, 2_500, 2_900];
/// Shipping fees in cents.
const SHIPPING: [i64; 6] = [0, 0, 390, 495, 795, 1_250];

struct Line {
    product: i64,
    quantity: i64,
    /// In cents.
    price: i64,
    discount: i64,
    tax: i64,
}

impl Line {
    /// The net amount in cents times ten thousand.
    fn net(&self) -> i64 {
        self.price * self.quantity * (10_000 - self.discount)
    }
}

/// A payment for an order.
pub(super) struct Payment {
    order: i64,
    method: Option<&'static str>,
    /// In cents.
    pub(super) amount: i64,
    fee: i64,
    paid: Option<i64>,
}

impl Market {
    pub(super) fn order_count(self, day: i64) -> i64 {
        let usual = i64::from(self.customers).max(20);
        usual + Draw::keyed(self.seed, "orders", &[day]).between(-usual / 50, usual / 50)
    }

    fn shipping_fee(self, day: i64, ordinal: i64) -> i64 {
        Draw::keyed(self.seed, "shipping", &[day, ordinal]).pick(&SHIPPING)
    }

    /// The lines of one order.
    fn lines(self, day: i64, ordinal: i64) -> Vec<Line> {
        let mut draw = Draw::keyed(self.seed, "lines", &[day, ordinal]);
        let count = match draw.below(100) {
            0..18 => 1,
            18..42 => 2,
            42..74 => 3,
            74..90 => 4,
            _ => 5,
        };
        let line = |_| {
            let product = if draw.percent(1) {
                9_000 + draw.between(0, 99)
            } else {
                draw.between(1, PRODUCTS)
            };
            let mut line = Line {
                product,
                quantity: draw.between(1, 4),
                price: self.list_price(product, day),
                discount: draw.pick(&DISCOUNTS),
                tax: draw.pick(&TAXES),
            };
            if draw.percent(40) {
                let listed = line.price;
                let tie = (listed..listed + 40).find(|price| {
                    let amount = price * line.quantity * (10_000 - line.discount);
                    amount % 10_000 == 5_000
                });
                line.price = tie.unwrap_or(listed);
            }
            line
        };
        (0..count).map(line).collect()
    }

    /// Orders placed on a day.
    pub(super) fn orders(self, day: i64) -> Batches {
        struct Order {
            id: i64,
            customer: i64,
            channel: &'static str,
            status: Option<&'static str>,
            ordered: i64,
            promised: i64,
            shipped: Option<i64>,
            currency: &'static str,
            shipping: i64,
        }
        let count = self.order_count(day);
        in_chunks(count, move |chunk| {
            let order = |ordinal| {
                let mut draw = Draw::keyed(self.seed, "order", &[day, ordinal]);
                let known = self.customer_count(day);
                let customer = if draw.percent(1) {
                    self.unknown_customer() + draw.between(0, 999)
                } else {
                    draw.between(1, known)
                };
                let euros = draw.percent(70);
                Order {
                    id: self.event_id(day, ordinal),
                    customer,
                    channel: draw.pick(&CHANNELS),
                    status: (!draw.percent(2)).then(|| draw.pick(&STATUSES)),
                    ordered: day * 86_400
                        + ordinal * 86_400 / count
                        + draw.between(0, 86_400 / count.min(86_400) - 1),
                    promised: day + draw.between(2, 9),
                    shipped: (!draw.percent(35)).then(|| day + draw.between(0, 12)),
                    currency: if euros {
                        CURRENCIES[0].0
                    } else {
                        draw.pick(&CURRENCIES).0
                    },
                    shipping: self.shipping_fee(day, ordinal),
                }
            };
            let rows: Vec<Order> = chunk.map(order).collect();
            Frame::default()
                .bigint("order_id", rows.iter().map(|row| row.id))
                .bigint("customer_id", rows.iter().map(|row| row.customer))
                .text("channel", rows.iter().map(|row| row.channel))
                .maybe_text("status", rows.iter().map(|row| row.status))
                .timestamp("ordered_at", rows.iter().map(|row| row.ordered))
                .date("promised_on", rows.iter().map(|row| row.promised))
                .date("shipped_on", rows.iter().map(|row| row.shipped))
                .text("currency", rows.iter().map(|row| row.currency))
                .decimal("shipping_fee", 10, 2, rows.iter().map(|row| row.shipping))
                .finish()
        })
    }

    /// The lines of the orders of a day.
    pub(super) fn order_lines(self, day: i64) -> Batches {
        in_chunks(self.order_count(day), move |chunk| {
            let mut rows = Vec::new();
            for ordinal in chunk {
                for (line_no, line) in (1..).zip(self.lines(day, ordinal)) {
                    rows.push((self.event_id(day, ordinal), line_no, line));
                }
            }
            Frame::default()
                .bigint("order_id", rows.iter().map(|row| row.0))
                .int("line_no", rows.iter().map(|row| row.1))
                .bigint("product_id", rows.iter().map(|row| row.2.product))
                .int("quantity", rows.iter().map(|row| row.2.quantity as i32))
                .decimal("unit_price", 12, 2, rows.iter().map(|row| row.2.price))
                .decimal("discount_rate", 5, 4, rows.iter().map(|row| row.2.discount))
                .decimal("tax_rate", 5, 4, rows.iter().map(|row| row.2.tax))
                .finish()
        })
    }

    /// The payments for one order; some pay in two parts, some do not pay.
    pub(super) fn payments_for(self, day: i64, ordinal: i64) -> Vec<Payment> {
        let mut draw = Draw::keyed(self.seed, "payment", &[day, ordinal]);
        if draw.percent(4) {
            return Vec::new();
        }
        let net: i64 = self.lines(day, ordinal).iter().map(Line::net).sum();
        let total = (net + 5_000) / 10_000 + self.shipping_fee(day, ordinal);
        let parts = if draw.percent(3) {
            vec![total / 3, total - total / 3]
        } else {
            vec![total]
        };
        let payment = |amount: i64| {
            let fee = draw.pick(&FEES);
            // Wallets round up to amounts whose fee is half a cent.
            let tie = (amount..amount + 200).find(|cents| cents * fee % 100_000 == 50_000);
            let amount = if draw.percent(35) {
                tie.unwrap_or(amount)
            } else {
                amount
            };
            Payment {
                order: self.event_id(day, ordinal),
                method: (!draw.percent(2)).then(|| draw.pick(&METHODS)),
                amount,
                fee,
                paid: (!draw.percent(6)).then(|| day * 86_400 + draw.between(0, 86_399)),
            }
        };
        parts.into_iter().map(payment).collect()
    }

    /// Payments for the orders of a day.
    pub(super) fn payments(self, day: i64) -> Batches {
        let mut paid = 0;
        in_chunks(self.order_count(day), move |chunk| {
            let rows: Vec<Payment> = chunk
                .flat_map(|ordinal| self.payments_for(day, ordinal))
                .collect();
            let first = paid;
            paid += rows.len() as i64;
            Frame::default()
                .bigint(
                    "payment_id",
                    (first..paid).map(|ordinal| self.event_id(day, ordinal)),
                )
                .bigint("order_id", rows.iter().map(|row| row.order))
                .maybe_text("method", rows.iter().map(|row| row.method))
                .decimal("amount", 12, 2, rows.iter().map(|row| row.amount))
                .decimal("fee_rate", 6, 5, rows.iter().map(|row| row.fee))
                .timestamp("paid_at", rows.iter().map(|row| row.paid))
                .finish()
        })
    }

    /// What comes back on a day of the orders of the last fortnight.
    pub(super) fn returns(self, day: i64) -> Batches {
        struct Return {
            id: i64,
            order: i64,
            line_no: i32,
            reason: Option<&'static str>,
            refund: i64,
        }
        let count = (i64::from(self.customers) * 3 / 40).max(20);
        in_chunks(count, move |chunk| {
            let returned = |ordinal| {
                let mut draw = Draw::keyed(self.seed, "return", &[day, ordinal]);
                let placed = day - draw.between(1, 14);
                let order = draw.between(0, self.order_count(placed) - 1);
                let lines = self.lines(placed, order);
                let index = draw.below(lines.len() as u64) as usize;
                Return {
                    id: self.event_id(day, ordinal),
                    order: self.event_id(placed, order),
                    line_no: index as i32 + 1,
                    reason: (!draw.percent(10)).then(|| draw.pick(&RETURN_REASONS)),
                    refund: (lines[index].net() + 5_000) / 10_000,
                }
            };
            let rows: Vec<Return> = chunk.map(returned).collect();
            Frame::default()
                .bigint("return_id", rows.iter().map(|row| row.id))
                .bigint("order_id", rows.iter().map(|row| row.order))
                .int("line_no", rows.iter().map(|row| row.line_no))
                .maybe_text("reason", rows.iter().map(|row| row.reason))
                .decimal("refund", 12, 2, rows.iter().map(|row| row.refund))
                .finish()
        })
    }
}
