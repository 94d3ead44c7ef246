//! What goods belong to, how they are taxed, and how their prices change.

use super::draw::{Draw, changes};
use super::frame::{Batches, Frame, in_chunks};
use super::generator::Market;
use super::goods::PRODUCTS;
use super::vocabulary::{CATEGORY_TREE, COUNTRY_TAXES, PRICE_REASONS, VAT_CLASSES};

/// In what time before a new price a change of price may be told, and after it.
const TOLD_BEFORE: i64 = 5;
const TOLD_AFTER: i64 = 3;

impl Market {
    /// The tree of categories: four roots, what `products` calls category below them, then finer ones.
    pub(super) fn categories(self, day: i64) -> Batches {
        in_chunks(CATEGORY_TREE.len() as i64, move |chunk| {
            let place = |index: i64| CATEGORY_TREE[index as usize];
            let parent = |index: i64| {
                let above = place(index).1;
                let at = CATEGORY_TREE.iter().position(|(name, _)| *name == above);
                at.map(|at| at as i64 + 1)
            };
            let vat_class = |index: i64| {
                let law = changes(self.seed, "vat class", index, day, 400);
                let mut draw = Draw::keyed(self.seed, "vat class", &[index, law]);
                match draw.below(10) {
                    0..7 => VAT_CLASSES[0],
                    7..9 => VAT_CLASSES[1],
                    _ => VAT_CLASSES[2],
                }
            };
            Frame::default()
                .bigint("category_id", chunk.clone().map(|index| index + 1))
                .text("category_name", chunk.clone().map(|index| place(index).0))
                .bigint("parent_id", chunk.clone().map(parent))
                .text("vat_class", chunk.map(vat_class))
                .finish()
        })
    }

    /// The tax rates known on a day; what was valid before comes with it for some, mostly first.
    pub(super) fn tax_rates(self, _day: i64) -> Batches {
        in_chunks(1, move |_| {
            let mut rows = Vec::new();
            let rates = COUNTRY_TAXES
                .iter()
                .flat_map(|(country, standard, reduced)| {
                    let rates = [*standard, *reduced, 0];
                    VAT_CLASSES
                        .iter()
                        .zip(rates)
                        .map(move |(class, rate)| (*country, *class, rate))
                });
            for (index, (country, class, rate)) in rates.enumerate() {
                let mut draw = Draw::keyed(self.seed, "tax rate", &[index as i64]);
                // Some are valid only from a day in the autumn of 2024 on.
                let valid = draw.between(18_600, 20_020);
                let row = (country, class, rate, valid);
                let earlier = (
                    country,
                    class,
                    (rate + draw.pick(&[-200, -100, 50, 100, 250])).max(0),
                    draw.between(13_000, 18_500),
                );
                match index % 8 {
                    // Two wrong ways round for every ten right ones.
                    5 => rows.extend([row, earlier]),
                    0 | 2 | 3 => rows.extend([earlier, row]),
                    _ => rows.push(row),
                }
            }
            Frame::default()
                .text("country", rows.iter().map(|row| row.0))
                .text("vat_class", rows.iter().map(|row| row.1))
                .decimal("rate", 5, 4, rows.iter().map(|row| row.2))
                .date("valid_from", rows.iter().map(|row| row.3))
                .finish()
        })
    }

    /// Changes of price told on a day: those of the catalogue, some before and some after the fact, and
    /// offers that the catalogue does not follow.
    pub(super) fn price_changes(self, day: i64) -> Batches {
        struct Change {
            product: i64,
            old: i64,
            new: i64,
            valid: i64,
            reason: Option<&'static str>,
        }
        in_chunks(PRODUCTS, move |chunk| {
            let mut rows = Vec::new();
            for product in chunk.map(|index| index + 1) {
                for valid in day - TOLD_AFTER..=day + TOLD_BEFORE {
                    let mut draw = Draw::keyed(self.seed, "price told", &[product, valid]);
                    if valid - draw.between(-TOLD_AFTER, TOLD_BEFORE) != day {
                        continue;
                    }
                    let old = self.list_price(product, valid - 1);
                    let new = self.list_price(product, valid);
                    if old != new {
                        rows.push(Change {
                            product,
                            old,
                            new,
                            valid,
                            reason: (!draw.percent(18)).then(|| draw.pick(&PRICE_REASONS)),
                        });
                    }
                }
                let mut draw = Draw::keyed(self.seed, "offer", &[product, day]);
                if draw.percent(4) {
                    let old = self.list_price(product, day);
                    rows.push(Change {
                        product,
                        old,
                        new: old * draw.between(70, 97) / 100,
                        valid: day + draw.between(-2, 6),
                        reason: (!draw.percent(25)).then(|| draw.pick(&PRICE_REASONS)),
                    });
                }
            }
            Frame::default()
                .bigint("product_id", rows.iter().map(|row| row.product))
                .decimal("old_price", 12, 2, rows.iter().map(|row| row.old))
                .decimal("new_price", 12, 2, rows.iter().map(|row| row.new))
                .date("valid_from", rows.iter().map(|row| row.valid))
                .maybe_text("reason", rows.iter().map(|row| row.reason))
                .finish()
        })
    }
}
