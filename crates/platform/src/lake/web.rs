//! Visits to the shop, the pages seen in them, and what people say about products.

use super::calendar::{Hours, moment};
use super::draw::Draw;
use super::frame::{Batches, Frame, in_chunks};
use super::generator::Market;
use super::goods::PRODUCTS;
use super::vocabulary::{DEVICES, REFERRERS, REVIEW_BODIES, REVIEW_TITLES};

/// Pages one session sees at most.
const PAGES_MAX: usize = 9;

/// A visit.
struct Session {
    id: i64,
    customer: Option<i64>,
    started: i64,
    device: &'static str,
    seconds: f64,
    referrer: Option<&'static str>,
    views: Vec<View>,
}

/// A page seen.
struct View {
    at: i64,
    page: &'static str,
    product: Option<i64>,
}

impl Session {
    fn converted(&self) -> bool {
        self.views
            .last()
            .is_some_and(|view| view.page == "checkout")
    }
}

/// The page that follows another one.
fn next_page(page: &str, draw: &mut Draw) -> &'static str {
    let choices: [&str; 6] = match page {
        "home" => ["search", "search", "product", "product", "account", "help"],
        "search" => ["product", "product", "product", "product", "search", "home"],
        "product" => ["product", "product", "cart", "cart", "search", "home"],
        "cart" => [
            "checkout", "checkout", "checkout", "product", "search", "help",
        ],
        _ => ["home", "search", "search", "product", "account", "help"],
    };
    draw.pick(&choices)
}

impl Market {
    fn session_count(self, day: i64) -> i64 {
        self.daily("sessions", day, 1_500)
    }

    fn session(self, day: i64, ordinal: i64, count: i64, hours: &Hours) -> Session {
        let mut draw = Draw::keyed(self.seed, "session", &[day, ordinal]);
        let started = hours.moment(ordinal, count, &mut draw);
        let long = draw.percent(40);
        let wanted = draw.between(1, if long { PAGES_MAX as i64 - 2 } else { 2 });
        let mut views = Vec::with_capacity(PAGES_MAX);
        let mut page = draw.pick(&["home", "home", "search", "product"]);
        let mut at = started;
        let mut left = wanted;
        while left > 0 {
            let product = match page {
                "product" | "cart" => Some(draw.between(1, PRODUCTS)),
                _ => None,
            };
            views.push(View { at, page, product });
            // After the checkout there is nothing to see.
            if page == "checkout" {
                break;
            }
            at += draw.between(2, 170);
            page = next_page(page, &mut draw);
            left -= 1;
            if left == 0 && page == "checkout" {
                left = 1;
            }
        }
        Session {
            id: self.event_id(day, ordinal),
            customer: (!draw.percent(42)).then(|| draw.between(1, self.customer_count(day).max(1))),
            started,
            device: draw.pick(&DEVICES),
            seconds: (at - started) as f64 + draw.between(0, 999) as f64 / 1_000.0,
            referrer: (!draw.percent(36)).then(|| draw.pick(&REFERRERS)),
            views,
        }
    }

    /// The visits of a day, in order of their start.
    pub(super) fn web_sessions(self, day: i64) -> Batches {
        let count = self.session_count(day);
        let hours = Hours::of(self.seed, day);
        in_chunks(count, move |chunk| {
            let rows: Vec<Session> = chunk
                .map(|ordinal| self.session(day, ordinal, count, &hours))
                .collect();
            Frame::default()
                .bigint("session_id", rows.iter().map(|row| row.id))
                .bigint("customer_id", rows.iter().map(|row| row.customer))
                .timestamp("started_at", rows.iter().map(|row| row.started))
                .text("device", rows.iter().map(|row| row.device))
                .bigint("pages", rows.iter().map(|row| row.views.len() as i64))
                .double("seconds", rows.iter().map(|row| row.seconds))
                .maybe_text("referrer", rows.iter().map(|row| row.referrer))
                .boolean("converted", rows.iter().map(Session::converted))
                .finish()
        })
    }

    /// The pages seen in the visits of a day: session after session, each in time order.
    pub(super) fn page_views(self, day: i64) -> Batches {
        let count = self.session_count(day);
        let hours = Hours::of(self.seed, day);
        in_chunks(count, move |chunk| {
            let sessions: Vec<Session> = chunk
                .map(|ordinal| self.session(day, ordinal, count, &hours))
                .collect();
            let rows: Vec<(i64, i64, &View)> = sessions
                .iter()
                .flat_map(|session| {
                    (0..)
                        .zip(&session.views)
                        .map(|(place, view)| (session.id * 10 + place, session.id, view))
                })
                .collect();
            Frame::default()
                .bigint("view_id", rows.iter().map(|row| row.0))
                .bigint("session_id", rows.iter().map(|row| row.1))
                .timestamp("viewed_at", rows.iter().map(|row| row.2.at))
                .text("page", rows.iter().map(|row| row.2.page))
                .bigint("product_id", rows.iter().map(|row| row.2.product))
                .finish()
        })
    }

    /// What people say about products on a day; some say it twice.
    pub(super) fn reviews(self, day: i64) -> Batches {
        struct Review {
            id: i64,
            product: i64,
            customer: Option<i64>,
            rating: Option<i64>,
            title: Option<&'static str>,
            body: &'static str,
            reviewed: i64,
            helpful: i64,
        }
        let count = self.daily("reviews", day, 200);
        in_chunks(count, move |chunk| {
            let review = |ordinal: i64| {
                let mut draw = Draw::keyed(self.seed, "review", &[day, ordinal]);
                // Who says it again says it about the same product.
                let again = ordinal > 0 && draw.percent(7);
                let said = if again { ordinal - 1 } else { ordinal };
                let mut who = Draw::keyed(self.seed, "reviewer", &[day, said]);
                let popular = who.percent(65);
                let product = who.between(1, if popular { 40 } else { PRODUCTS });
                let customer =
                    (!who.percent(11)).then(|| who.between(1, self.customer_count(day).max(1)));
                Review {
                    id: self.event_id(day, ordinal),
                    product,
                    customer,
                    rating: (!draw.percent(5)).then(|| draw.pick(&[1, 2, 3, 4, 4, 5, 5, 5])),
                    title: (!draw.percent(22)).then(|| draw.pick(&REVIEW_TITLES)),
                    body: draw.pick(&REVIEW_BODIES),
                    reviewed: moment(day, ordinal, count, &mut draw),
                    helpful: draw.between(0, 11),
                }
            };
            let rows: Vec<Review> = chunk.map(review).collect();
            Frame::default()
                .bigint("review_id", rows.iter().map(|row| row.id))
                .bigint("product_id", rows.iter().map(|row| row.product))
                .bigint("customer_id", rows.iter().map(|row| row.customer))
                .bigint("rating", rows.iter().map(|row| row.rating))
                .maybe_text("title", rows.iter().map(|row| row.title))
                .text("body", rows.iter().map(|row| row.body))
                .timestamp("reviewed_at", rows.iter().map(|row| row.reviewed))
                .bigint("helpful", rows.iter().map(|row| row.helpful))
                .finish()
        })
    }
}
