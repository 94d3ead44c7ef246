//! Coupons, who uses them, and what is spent to be seen.

use super::calendar::moment;
use super::draw::{Draw, changed_on, changes};
use super::frame::{Batches, Frame, in_chunks};
use super::generator::Market;
use super::vocabulary::{CAMPAIGNS, MEDIA};

/// Coupons of each campaign.
const COUPONS_PER_CAMPAIGN: i64 = 5;

fn coupon_count() -> i64 {
    CAMPAIGNS.len() as i64 * COUPONS_PER_CAMPAIGN
}

/// The code of a coupon, such as `AUTUMN-07`.
fn code(index: i64) -> String {
    let (word, _) = CAMPAIGNS[(index / COUPONS_PER_CAMPAIGN) as usize];
    format!(
        "{word}-{:02}",
        index % COUPONS_PER_CAMPAIGN * 3 + index % 7 + 1
    )
}

impl Market {
    /// The coupons of a day; some are over, some do not count yet.
    pub(super) fn coupons(self, day: i64) -> Batches {
        struct Coupon {
            code: String,
            kind: &'static str,
            value: i64,
            from: i64,
            to: i64,
            uses: Option<i64>,
            campaign: Option<&'static str>,
        }
        in_chunks(coupon_count(), move |chunk| {
            let coupon = |index: i64| {
                let mut fixed = Draw::keyed(self.seed, "coupon", &[index]);
                let percent = fixed.percent(60);
                let campaign = CAMPAIGNS[(index / COUPONS_PER_CAMPAIGN) as usize].1;
                let campaign = (!fixed.percent(20)).then_some(campaign);
                // A code is given out anew every two months.
                let turn = changes(self.seed, "coupon", index, day, 60);
                let issued = changed_on(self.seed, "coupon", index, day, 60);
                let mut draw = Draw::keyed(self.seed, "coupon", &[index, turn]);
                let from = issued + draw.between(-3, 12);
                Coupon {
                    code: code(index),
                    kind: if percent { "percent" } else { "amount" },
                    value: if percent {
                        draw.between(1, 10) * 500
                    } else {
                        draw.between(5, 80) * 50
                    },
                    from,
                    to: from + draw.between(12, 75),
                    uses: (!draw.percent(30)).then(|| draw.between(1, 30)),
                    campaign,
                }
            };
            let rows: Vec<Coupon> = chunk.map(coupon).collect();
            Frame::default()
                .text("code", rows.iter().map(|row| &row.code))
                .text("kind", rows.iter().map(|row| row.kind))
                .decimal("value", 10, 2, rows.iter().map(|row| row.value))
                .date("valid_from", rows.iter().map(|row| row.from))
                .date("valid_to", rows.iter().map(|row| row.to))
                .bigint("max_uses", rows.iter().map(|row| row.uses))
                .maybe_text("campaign", rows.iter().map(|row| row.campaign))
                .finish()
        })
    }

    /// Coupons used for orders of a day; spelled as people spell, and some entered twice.
    pub(super) fn coupon_redemptions(self, day: i64) -> Batches {
        struct Redemption {
            id: i64,
            code: String,
            order: i64,
            at: i64,
            amount: Option<i64>,
        }
        let count = self.daily("redemptions", day, 160);
        in_chunks(count, move |chunk| {
            let redemption = |ordinal: i64| {
                let mut draw = Draw::keyed(self.seed, "redemption", &[day, ordinal]);
                let again = ordinal > 0 && draw.percent(6);
                let meant = if again { ordinal - 1 } else { ordinal };
                let mut used = Draw::keyed(self.seed, "coupon used", &[day, meant]);
                let spelled = if used.percent(3) {
                    format!("VOID-{:02}", used.between(1, 20))
                } else {
                    // Some codes are known to many.
                    let one = used.between(0, coupon_count() - 1);
                    code(one.min(used.between(0, coupon_count() - 1)))
                };
                let order = used.between(0, self.order_count(day) - 1);
                let spelled = match draw.below(40) {
                    0..2 => spelled.to_lowercase(),
                    2 => format!(" {spelled}"),
                    3 => format!("{} ", spelled.to_lowercase()),
                    _ => spelled,
                };
                Redemption {
                    id: self.event_id(day, ordinal),
                    code: spelled,
                    order: self.event_id(day, order),
                    at: moment(day, ordinal, count, &mut draw),
                    amount: (!draw.percent(6)).then(|| draw.between(50, 4_500)),
                }
            };
            let rows: Vec<Redemption> = chunk.map(redemption).collect();
            Frame::default()
                .bigint("redemption_id", rows.iter().map(|row| row.id))
                .text("code", rows.iter().map(|row| &row.code))
                .bigint("order_id", rows.iter().map(|row| row.order))
                .timestamp("redeemed_at", rows.iter().map(|row| row.at))
                .decimal("amount", 10, 2, rows.iter().map(|row| row.amount))
                .finish()
        })
    }

    /// What campaigns cost on a day, and who saw them.
    pub(super) fn marketing_spend(self, day: i64) -> Batches {
        struct Spend {
            campaign: &'static str,
            channel: &'static str,
            spend: Option<i64>,
            clicks: i64,
            impressions: i64,
        }
        in_chunks(CAMPAIGNS.len() as i64, move |chunk| {
            let mut rows = Vec::new();
            for campaign in chunk {
                for (channel, word) in (0..).zip(MEDIA) {
                    let mut draw =
                        Draw::keyed(self.seed, "marketing spend", &[day, campaign, channel]);
                    if draw.percent(25) {
                        continue;
                    }
                    let impressions = if draw.percent(7) {
                        0
                    } else {
                        draw.between(40, 60_000)
                    };
                    rows.push(Spend {
                        campaign: CAMPAIGNS[campaign as usize].1,
                        channel: word,
                        spend: (!draw.percent(9)).then(|| draw.between(0, 95_000)),
                        clicks: impressions * draw.between(0, 90) / 1_000,
                        impressions,
                    });
                }
            }
            Frame::default()
                .text("campaign", rows.iter().map(|row| row.campaign))
                .text("channel", rows.iter().map(|row| row.channel))
                .decimal("spend", 12, 2, rows.iter().map(|row| row.spend))
                .bigint("clicks", rows.iter().map(|row| row.clicks))
                .bigint("impressions", rows.iter().map(|row| row.impressions))
                .finish()
        })
    }
}
