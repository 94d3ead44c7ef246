//! Customers, their addresses and their support tickets.

use super::draw::{Draw, changes};
use super::frame::{Batches, Frame, in_chunks};
use super::generator::Market;
use super::vocabulary::{
    CITIES, FIRST_NAMES, LAST_NAMES, MAIL_DOMAINS, REGIONS, SEGMENTS, STREETS, TICKET_TOPICS,
};

/// From this day on (2024-01-01), a new customer signs up every other day.
const GROWTH_STARTS: i64 = 19_723;

#[derive(Clone)]
struct Customer {
    id: i64,
    name: String,
    email: Option<String>,
    region: Option<&'static str>,
    segment: &'static str,
    signup: i64,
    points: i64,
}

/// Where the second row of a customer stands in a snapshot.
enum SecondRow {
    AtOnce,
    AtTheEnd,
}

/// The second row of a customer who stands twice in a day's snapshot, and where it stands.
fn second_row(customer: &Customer, mut again: Draw) -> (Customer, SecondRow) {
    let mut other = customer.clone();
    let regions: Vec<_> = REGIONS
        .iter()
        .copied()
        .filter(|region| Some(*region) != customer.region)
        .collect();
    let segments: Vec<_> = SEGMENTS
        .iter()
        .copied()
        .filter(|segment| *segment != customer.segment)
        .collect();
    other.region = Some(again.pick(&regions));
    other.segment = again.pick(&segments);
    let place = if again.percent(50) {
        SecondRow::AtOnce
    } else {
        SecondRow::AtTheEnd
    };
    (other, place)
}

impl Market {
    /// Customers known on a day; their ids count from 1.
    pub(super) fn customer_count(self, day: i64) -> i64 {
        i64::from(self.customers) + (day - GROWTH_STARTS).max(0) / 2
    }

    fn customer(self, id: i64, day: i64) -> Customer {
        let mut fixed = Draw::keyed(self.seed, "customer", &[id]);
        let name = format!("{} {}", fixed.pick(&FIRST_NAMES), fixed.pick(&LAST_NAMES));
        let domain = fixed.pick(&MAIL_DOMAINS);
        let email = (!fixed.percent(3)).then(|| format!("customer{id}@{domain}"));
        let founding = i64::from(self.customers);
        let signup = if id <= founding {
            GROWTH_STARTS - fixed.between(1, 2500)
        } else {
            GROWTH_STARTS + (id - founding) * 2
        };
        let mut points = Draw::keyed(
            self.seed,
            "points",
            &[id, changes(self.seed, "points", id, day, 9)],
        );
        let mut region = Draw::keyed(
            self.seed,
            "region",
            &[id, changes(self.seed, "region", id, day, 240)],
        );
        let mut segment = Draw::keyed(
            self.seed,
            "segment",
            &[id, changes(self.seed, "segment", id, day, 150)],
        );
        Customer {
            id,
            name,
            email,
            region: match region.below(100) {
                0..2 => None,
                2..5 => Some(""),
                _ => Some(region.pick(&REGIONS)),
            },
            segment: segment.pick(&SEGMENTS),
            signup,
            points: points.between(0, 12_000),
        }
    }

    /// The name a customer has for good.
    pub(super) fn customer_name(self, id: i64) -> String {
        let mut fixed = Draw::keyed(self.seed, "customer", &[id]);
        format!("{} {}", fixed.pick(&FIRST_NAMES), fixed.pick(&LAST_NAMES))
    }

    /// The customers of a day, a few of them twice with another region and segment.
    pub(super) fn customers(self, day: i64) -> Batches {
        let known = self.customer_count(day);
        // Everybody is asked a second time for the rows at the end of the snapshot.
        in_chunks(2 * known, move |chunk| {
            let mut rows = Vec::new();
            for turn in chunk {
                let id = turn % known + 1;
                let mut again = Draw::keyed(
                    self.seed,
                    "again",
                    &[id, changes(self.seed, "again", id, day, 60)],
                );
                let twice = again.below(60) == 0;
                let first_turn = turn < known;
                if !first_turn && !twice {
                    continue;
                }
                let customer = self.customer(id, day);
                let second = twice.then(|| second_row(&customer, again));
                if first_turn {
                    rows.push(customer);
                }
                match second {
                    Some((other, SecondRow::AtOnce)) if first_turn => rows.push(other),
                    Some((other, SecondRow::AtTheEnd)) if !first_turn => rows.push(other),
                    _ => {}
                }
            }
            Frame::default()
                .bigint("customer_id", rows.iter().map(|row| row.id))
                .text("full_name", rows.iter().map(|row| &row.name))
                .maybe_text("email", rows.iter().map(|row| row.email.as_ref()))
                .maybe_text("region", rows.iter().map(|row| row.region))
                .text("segment", rows.iter().map(|row| row.segment))
                .date("signup_date", rows.iter().map(|row| row.signup))
                .bigint("loyalty_points", rows.iter().map(|row| row.points))
                .finish()
        })
    }

    /// One or two addresses per customer.
    pub(super) fn addresses(self, day: i64) -> Batches {
        struct Address {
            id: i64,
            customer: i64,
            line: String,
            city: (&'static str, &'static str),
            postcode: Option<String>,
            primary: bool,
        }
        in_chunks(self.customer_count(day), move |chunk| {
            let mut rows = Vec::new();
            for customer in chunk.map(|index| index + 1) {
                let count = if Draw::keyed(self.seed, "addresses", &[customer]).below(3) == 0 {
                    2
                } else {
                    1
                };
                for ordinal in 0..count {
                    let id = customer * 10 + ordinal;
                    let moved = changes(self.seed, "address", id, day, 300);
                    let mut draw = Draw::keyed(self.seed, "address", &[id, moved]);
                    let line = format!("{} {}", draw.pick(&STREETS), draw.between(1, 240));
                    let city = draw.pick(&CITIES);
                    let postcode =
                        (!draw.percent(4)).then(|| format!("{:05}", draw.between(400, 99_998)));
                    rows.push(Address {
                        id,
                        customer,
                        line,
                        city,
                        postcode,
                        primary: ordinal == 0,
                    });
                }
            }
            Frame::default()
                .bigint("address_id", rows.iter().map(|row| row.id))
                .bigint("customer_id", rows.iter().map(|row| row.customer))
                .text("line1", rows.iter().map(|row| &row.line))
                .text("city", rows.iter().map(|row| row.city.0))
                .maybe_text("postcode", rows.iter().map(|row| row.postcode.as_ref()))
                .text("country", rows.iter().map(|row| row.city.1))
                .boolean("is_primary", rows.iter().map(|row| row.primary))
                .finish()
        })
    }

    /// Tickets opened on a day.
    pub(super) fn support_tickets(self, day: i64) -> Batches {
        struct Ticket {
            id: i64,
            customer: Option<i64>,
            topic: &'static str,
            opened: i64,
            satisfaction: Option<i64>,
        }
        let count = (i64::from(self.customers) / 20).max(20)
            + Draw::keyed(self.seed, "tickets", &[day]).between(0, 9);
        in_chunks(count, move |chunk| {
            let ticket = |ordinal| {
                let mut draw = Draw::keyed(self.seed, "ticket", &[day, ordinal]);
                Ticket {
                    id: self.event_id(day, ordinal),
                    customer: (!draw.percent(9)).then(|| draw.between(1, self.customer_count(day))),
                    topic: draw.pick(&TICKET_TOPICS),
                    opened: day * 86_400
                        + ordinal * 86_400 / count
                        + draw.between(0, 86_400 / count.min(86_400) - 1),
                    satisfaction: (!draw.percent(55)).then(|| draw.between(1, 5)),
                }
            };
            let rows: Vec<Ticket> = chunk.map(ticket).collect();
            Frame::default()
                .bigint("ticket_id", rows.iter().map(|row| row.id))
                .bigint("customer_id", rows.iter().map(|row| row.customer))
                .text("topic", rows.iter().map(|row| row.topic))
                .timestamp("opened_at", rows.iter().map(|row| row.opened))
                .bigint("satisfaction", rows.iter().map(|row| row.satisfaction))
                .finish()
        })
    }
}
