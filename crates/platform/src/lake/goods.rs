//! Products, their suppliers, and the exchange rates they are priced by.

use super::draw::{Draw, changes};
use super::frame::{Batches, Frame, in_chunks};
use super::generator::Market;
use super::vocabulary::{CATEGORIES, CITIES, CURRENCIES, FINISHES, FIRMS, GOODS, LAST_NAMES};

/// Products there are; ids count from 1.
pub(super) const PRODUCTS: i64 = 400;
/// Suppliers there are; ids count from 1.
pub(super) const SUPPLIERS: i64 = 60;

/// What does not change about a product.
pub(super) struct Product {
    name: String,
    category: Option<&'static str>,
    pub(super) supplier: i64,
    /// What it costs, in hundredths of a percent of its price.
    margin: i64,
}

impl Market {
    /// The list price of a product on a day, in cents.
    pub(super) fn list_price(self, product: i64, day: i64) -> i64 {
        let base = Draw::keyed(self.seed, "price", &[product]).between(199, 24_999);
        let mut change = Draw::keyed(
            self.seed,
            "price",
            &[product, changes(self.seed, "price", product, day, 45)],
        );
        base * change.between(90, 112) / 100
    }

    /// What does not change about a product.
    pub(super) fn product(self, id: i64) -> Product {
        let mut fixed = Draw::keyed(self.seed, "product", &[id]);
        let name = format!("{}, {}", fixed.pick(&GOODS), fixed.pick(&FINISHES));
        let category = (!fixed.percent(4)).then(|| fixed.pick(&CATEGORIES));
        let supplier = if fixed.percent(2) {
            900 + fixed.between(0, 9)
        } else {
            fixed.between(1, SUPPLIERS)
        };
        let margin = fixed.between(4_000, 7_999);
        Product {
            name,
            category,
            supplier,
            margin,
        }
    }

    /// What a product costs on a day, in hundredths of a cent.
    pub(super) fn unit_cost(self, product: i64, day: i64) -> i64 {
        self.list_price(product, day) * self.product(product).margin / 100
    }

    /// The catalogue of a day.
    pub(super) fn products(self, day: i64) -> Batches {
        in_chunks(PRODUCTS, move |chunk| {
            let sold = |id| {
                let turn = changes(self.seed, "active", id, day, 120);
                Draw::keyed(self.seed, "active", &[id, turn]).percent(8)
            };
            let ids = chunk.map(|index| index + 1);
            let rows: Vec<(i64, Product)> = ids.map(|id| (id, self.product(id))).collect();
            let price = |id| self.list_price(id, day);
            Frame::default()
                .bigint("product_id", rows.iter().map(|row| row.0))
                .text(
                    "sku",
                    rows.iter().map(|row| format!("SKU-{:05}", row.0 * 7)),
                )
                .text("product_name", rows.iter().map(|row| &row.1.name))
                .maybe_text("category", rows.iter().map(|row| row.1.category))
                .decimal("list_price", 12, 2, rows.iter().map(|row| price(row.0)))
                .decimal(
                    "unit_cost",
                    12,
                    4,
                    rows.iter().map(|row| price(row.0) * row.1.margin / 100),
                )
                .boolean("active", rows.iter().map(|row| !sold(row.0)))
                .bigint("supplier_id", rows.iter().map(|row| row.1.supplier))
                .finish()
        })
    }

    /// The suppliers of a day.
    pub(super) fn suppliers(self, day: i64) -> Batches {
        in_chunks(SUPPLIERS, move |chunk| {
            let name = |id| {
                let mut fixed = Draw::keyed(self.seed, "supplier", &[id]);
                format!("{} {}", fixed.pick(&LAST_NAMES), fixed.pick(&FIRMS))
            };
            let seat = |id| Draw::keyed(self.seed, "seat", &[id]).pick(&CITIES).1;
            let lead_days = |id| {
                let agreed = changes(self.seed, "lead", id, day, 80);
                Draw::keyed(self.seed, "lead", &[id, agreed]).between(2, 30)
            };
            let ids = chunk.start + 1..chunk.end + 1;
            Frame::default()
                .bigint("supplier_id", ids.clone())
                .text("supplier_name", ids.clone().map(name))
                .text("country", ids.clone().map(seat))
                .bigint("lead_days", ids.map(lead_days))
                .finish()
        })
    }

    /// The rates of a day; a few currencies come first with a provisional rate, then with the right one.
    pub(super) fn exchange_rates(self, day: i64) -> Batches {
        in_chunks(1, move |_| {
            let mut rows: Vec<(&str, i64, &str)> = Vec::new();
            let mut corrected = Vec::new();
            for (ordinal, (currency, base)) in CURRENCIES.iter().copied().enumerate() {
                let mut draw = Draw::keyed(self.seed, "rate", &[day, ordinal as i64]);
                let rate = if ordinal == 0 {
                    base
                } else {
                    base * draw.between(9_850, 10_150) / 10_000
                };
                // The second and the fifth are provisional every day, others now and then.
                if ordinal % 3 == 1 || (ordinal > 0 && draw.percent(10)) {
                    rows.push((currency, rate + draw.between(1, 1 + rate / 200), "desk"));
                    corrected.push((currency, rate, "central bank"));
                } else {
                    rows.push((currency, rate, "central bank"));
                }
            }
            rows.append(&mut corrected);
            Frame::default()
                .text("currency", rows.iter().map(|row| row.0))
                .decimal("rate", 12, 6, rows.iter().map(|row| row.1))
                .text("source", rows.iter().map(|row| row.2))
                .finish()
        })
    }
}
