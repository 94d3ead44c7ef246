//! What lies in which warehouse, what moves, and what suppliers bring.

use super::calendar::{moment, working_days_before};
use super::draw::{Draw, changes};
use super::frame::{Batches, Frame, in_chunks};
use super::generator::Market;
use super::goods::{PRODUCTS, SUPPLIERS};
use super::vocabulary::{CARRIERS, MOVEMENT_NOTES, WAREHOUSES};

/// From this day on (2024-10-16) shipments tell the carbon dioxide they cause.
const CARBON_COUNTED_FROM: i64 = 20_012;
/// How many working days later a delivery is corrected at the latest.
const CORRECTED_WITHIN: usize = 4;

/// Warehouses there are; ids count from 1.
fn warehouse_count() -> i64 {
    WAREHOUSES.len() as i64
}

/// A delivery of a supplier, or a correction of one.
struct Delivery {
    id: i64,
    revision: i32,
    supplier: i64,
    product: i64,
    quantity: i64,
    /// In hundredths of a cent.
    cost: i64,
    due: i64,
    delivered: Option<i64>,
}

impl Market {
    /// The first of a product's two warehouses.
    fn first_warehouse(product: i64) -> i64 {
        (product - 1) % warehouse_count() + 1
    }

    /// The two warehouses that hold a product.
    fn warehouses_of(self, product: i64) -> [i64; 2] {
        let first = Self::first_warehouse(product);
        let mut draw = Draw::keyed(self.seed, "warehouse", &[product]);
        let step = draw.between(1, warehouse_count() - 1);
        [first, (first - 1 + step) % warehouse_count() + 1]
    }

    /// The six warehouses.
    pub(super) fn warehouses(self, day: i64) -> Batches {
        in_chunks(warehouse_count(), move |chunk| {
            let place = |index: i64| WAREHOUSES[index as usize];
            let fixed = |index: i64| Draw::keyed(self.seed, "warehouse opened", &[index]);
            let capacity = |index: i64| {
                let rebuilt = changes(self.seed, "capacity", index, day, 200);
                Draw::keyed(self.seed, "capacity", &[index, rebuilt]).between(40, 250) * 100
            };
            Frame::default()
                .bigint("warehouse_id", chunk.clone().map(|index| index + 1))
                .text("warehouse_name", chunk.clone().map(|index| place(index).0))
                .text("country", chunk.clone().map(|index| place(index).1))
                .date(
                    "opened_on",
                    chunk
                        .clone()
                        .map(|index| fixed(index).between(14_000, 19_600)),
                )
                .bigint("capacity", chunk.map(capacity))
                .finish()
        })
    }

    /// What is counted of each product in its two warehouses.
    pub(super) fn inventory(self, day: i64) -> Batches {
        struct Count {
            product: i64,
            warehouse: i64,
            on_hand: Option<i64>,
            reserved: i64,
            reorder: i64,
            counted: i64,
        }
        in_chunks(PRODUCTS, move |chunk| {
            let mut rows = Vec::new();
            for product in chunk.map(|index| index + 1) {
                for warehouse in self.warehouses_of(product) {
                    let place = product * 100 + warehouse;
                    let turn = changes(self.seed, "on hand", place, day, 4);
                    let mut count = Draw::keyed(self.seed, "on hand", &[place, turn]);
                    let mut fixed = Draw::keyed(self.seed, "reorder level", &[place]);
                    rows.push(Count {
                        product,
                        warehouse,
                        on_hand: (!count.percent(3)).then(|| {
                            // Some places stand empty or nearly so.
                            if count.percent(12) {
                                count.between(0, 3)
                            } else {
                                count.between(0, 160)
                            }
                        }),
                        reserved: count.between(0, 25),
                        reorder: fixed.between(1, 12) * 5,
                        counted: day
                            - Draw::keyed(self.seed, "counted", &[place, day]).between(0, 40),
                    });
                }
            }
            Frame::default()
                .bigint("product_id", rows.iter().map(|row| row.product))
                .bigint("warehouse_id", rows.iter().map(|row| row.warehouse))
                .bigint("on_hand", rows.iter().map(|row| row.on_hand))
                .bigint("reserved", rows.iter().map(|row| row.reserved))
                .bigint("reorder_level", rows.iter().map(|row| row.reorder))
                .date("counted_on", rows.iter().map(|row| row.counted))
                .finish()
        })
    }

    /// What leaves the warehouses on a day, for orders of the last five days.
    pub(super) fn shipments(self, day: i64) -> Batches {
        struct Shipment {
            id: i64,
            order: i64,
            carrier: &'static str,
            warehouse: Option<i64>,
            shipped: i64,
            delivered: Option<i64>,
            grams: i64,
            cost: i64,
            carbon: Option<i64>,
        }
        let count = self.daily("shipments", day, 1_300);
        in_chunks(count, move |chunk| {
            let shipment = |ordinal| {
                let mut draw = Draw::keyed(self.seed, "shipment", &[day, ordinal]);
                let placed = day - draw.between(0, 4);
                let order = if draw.percent(1) {
                    self.event_id(placed, self.unknown_event() + draw.between(0, 99))
                } else {
                    self.event_id(placed, draw.between(0, self.order_count(placed) - 1))
                };
                let grams = draw.between(40, 31_500);
                let shipped = moment(day, ordinal, count, &mut draw);
                let carrier = draw.below(CARRIERS.len() as u64) as usize;
                Shipment {
                    id: self.event_id(day, ordinal),
                    order,
                    carrier: CARRIERS[carrier],
                    warehouse: (!draw.percent(4)).then(|| draw.between(1, warehouse_count())),
                    shipped,
                    delivered: (!draw.percent(28))
                        .then(|| shipped + draw.between(5 * 3_600, 120 * 3_600)),
                    grams,
                    cost: 290 + carrier as i64 * 35 + grams * draw.between(8, 14) / 1_000,
                    carbon: (!draw.percent(7)).then(|| grams * draw.between(20, 160) / 1_000),
                }
            };
            let rows: Vec<Shipment> = chunk.map(shipment).collect();
            let frame = Frame::default()
                .bigint("shipment_id", rows.iter().map(|row| row.id))
                .bigint("order_id", rows.iter().map(|row| row.order))
                .text("carrier", rows.iter().map(|row| row.carrier))
                .bigint("warehouse_id", rows.iter().map(|row| row.warehouse))
                .timestamp("shipped_at", rows.iter().map(|row| row.shipped))
                .timestamp("delivered_at", rows.iter().map(|row| row.delivered))
                .double(
                    "weight_kg",
                    rows.iter().map(|row| row.grams as f64 / 1_000.0),
                )
                .decimal("cost", 10, 2, rows.iter().map(|row| row.cost));
            if day < CARBON_COUNTED_FROM {
                return frame.finish();
            }
            frame
                .bigint("co2_grams", rows.iter().map(|row| row.carbon))
                .finish()
        })
    }

    /// What moves in and out on a day, in time order.
    ///
    /// One warehouse often does the same kind of work some times in a row.
    pub(super) fn stock_movements(self, day: i64) -> Batches {
        struct Movement {
            id: i64,
            product: i64,
            warehouse: i64,
            moved: i64,
            quantity: i64,
            kind: &'static str,
            note: Option<&'static str>,
        }
        let count = self.daily("stock movements", day, 1_000);
        in_chunks(count, move |chunk| {
            let movement = |ordinal: i64| {
                let mut draw = Draw::keyed(self.seed, "stock movement", &[day, ordinal]);
                let mut work = if draw.percent(75) {
                    Draw::keyed(self.seed, "stock work", &[day, ordinal / 4])
                } else {
                    draw.clone()
                };
                let work_place = work.between(1, warehouse_count());
                let kind = match work.below(100) {
                    0..25 => "receipt",
                    25..80 => "sale",
                    80..90 => "adjust",
                    _ => "transfer",
                };
                // A few products move most.
                let fast = draw.percent(60);
                let rank = draw.between(0, if fast { 9 } else { 65 });
                let product = rank * warehouse_count() + work_place;
                let warehouse = if draw.percent(25) {
                    self.warehouses_of(product)[1]
                } else {
                    work_place
                };
                let some = draw.between(1, 36);
                let quantity = match kind {
                    "receipt" => some + 20,
                    "sale" => -some,
                    _ if draw.percent(50) => -some,
                    _ => some,
                };
                Movement {
                    id: self.event_id(day, ordinal),
                    product,
                    warehouse,
                    moved: moment(day, ordinal, count, &mut draw),
                    quantity,
                    kind,
                    note: draw.percent(28).then(|| draw.pick(&MOVEMENT_NOTES)),
                }
            };
            let rows: Vec<Movement> = chunk.map(movement).collect();
            Frame::default()
                .bigint("movement_id", rows.iter().map(|row| row.id))
                .bigint("product_id", rows.iter().map(|row| row.product))
                .bigint("warehouse_id", rows.iter().map(|row| row.warehouse))
                .timestamp("moved_at", rows.iter().map(|row| row.moved))
                .bigint("quantity", rows.iter().map(|row| row.quantity))
                .text("kind", rows.iter().map(|row| row.kind))
                .maybe_text("note", rows.iter().map(|row| row.note))
                .finish()
        })
    }

    fn delivery_count(self, day: i64) -> i64 {
        self.daily("deliveries", day, 78)
    }

    /// A revision of the delivery that came as `ordinal` on the day `first`, as told on `day`.
    fn delivery(self, first: i64, ordinal: i64, revision: i32, day: i64) -> Delivery {
        let mut fixed = Draw::keyed(self.seed, "delivery", &[first, ordinal]);
        let product = fixed.between(1, PRODUCTS);
        let supplier = if fixed.percent(5) {
            fixed.between(1, SUPPLIERS)
        } else {
            self.product(product).supplier
        };
        let lateness = if fixed.percent(22) {
            fixed.between(1, 5)
        } else {
            0
        };
        let due = first - lateness + fixed.between(-6, 4);
        let mut told = Draw::keyed(
            self.seed,
            "delivery revision",
            &[first, ordinal, i64::from(revision)],
        );
        let usual = self.unit_cost(product, first);
        let cost = usual * told.between(94, 109) / 100;
        // Many lie on half a cent.
        let cost = if told.percent(40) {
            cost / 100 * 100 + 50
        } else {
            cost
        };
        Delivery {
            id: self.event_id(first, ordinal),
            revision,
            supplier,
            product,
            quantity: told.between(1, 40) * 5,
            cost,
            due,
            // What is corrected later came no earlier than five days before it is told.
            delivered: (!told.percent(6)).then(|| (first - lateness).max(day - 5)),
        }
    }

    /// How many working days after it came a delivery is corrected, once per correction.
    fn corrections(self, first: i64, ordinal: i64) -> Vec<usize> {
        let mut draw = Draw::keyed(self.seed, "delivery corrected", &[first, ordinal]);
        let mut after = Vec::new();
        if draw.percent(6) {
            after.push(0);
        }
        if draw.percent(11) {
            after.push(draw.between(1, CORRECTED_WITHIN as i64) as usize);
        }
        after
    }

    /// What suppliers brought, then corrections of it and of earlier days with the next revision.
    pub(super) fn supplier_deliveries(self, day: i64) -> Batches {
        let days: Vec<i64> = std::iter::once(day)
            .chain(working_days_before(day).take(CORRECTED_WITHIN))
            .collect();
        let fresh = self.delivery_count(day);
        // First all that is new, then everything that may be corrected today.
        let mut asked = vec![(day, None, fresh)];
        for (after, first) in days.into_iter().enumerate() {
            asked.push((first, Some(after), self.delivery_count(first)));
        }
        let count = asked.iter().map(|(_, _, count)| count).sum();
        in_chunks(count, move |chunk| {
            let mut rows = Vec::new();
            for mut ordinal in chunk {
                let mut part = 0;
                while ordinal >= asked[part].2 {
                    ordinal -= asked[part].2;
                    part += 1;
                }
                let (first, corrected, _) = asked[part];
                match corrected {
                    None => rows.push(self.delivery(first, ordinal, 1, day)),
                    Some(after) => {
                        let corrections = self.corrections(first, ordinal);
                        rows.extend(
                            (2..)
                                .zip(corrections)
                                .filter(|(_, later)| *later == after)
                                .map(|(revision, _)| self.delivery(first, ordinal, revision, day)),
                        );
                    }
                }
            }
            Frame::default()
                .bigint("delivery_id", rows.iter().map(|row| row.id))
                .int("revision", rows.iter().map(|row| row.revision))
                .bigint("supplier_id", rows.iter().map(|row| row.supplier))
                .bigint("product_id", rows.iter().map(|row| row.product))
                .bigint("quantity", rows.iter().map(|row| row.quantity))
                .decimal("unit_cost", 12, 4, rows.iter().map(|row| row.cost))
                .date("due_on", rows.iter().map(|row| row.due))
                .date("delivered_on", rows.iter().map(|row| row.delivered))
                .finish()
        })
    }
}
