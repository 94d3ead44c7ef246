//! What jobs and their authors rely on in the generated rows, checked on every date of a month.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, Schema,
    TimestampMicrosecondType,
};
use relift_engine::content_hash;
use relift_job::{DateRange, EffectiveDate};

use super::frame::Batches;
use super::generator::{GeneratorOptions, Market};
use super::tables::TABLES;

const DAY_MICROS: i64 = 86_400_000_000;

fn date(text: &str) -> EffectiveDate {
    EffectiveDate::parse(text).expect("a date")
}

fn october() -> DateRange {
    DateRange {
        first: date("2024-10-01"),
        last: date("2024-10-31"),
    }
}

fn demo() -> Market {
    let options = GeneratorOptions::new(october(), "d");
    Market {
        seed: options.seed,
        customers: options.customers,
    }
}

fn small(seed: u64) -> Market {
    Market {
        seed,
        customers: 100,
    }
}

fn whole(batches: Batches) -> RecordBatch {
    let batches: Vec<RecordBatch> = batches.collect();
    concat_batches(&batches[0].schema(), &batches).expect("equal columns")
}

/// The rows of each date on which a table has some.
fn month(market: Market, table: &str) -> Vec<(i64, RecordBatch)> {
    let table = TABLES
        .iter()
        .find(|known| known.name == table)
        .expect("a generated table");
    let days = table.dates(october()).into_iter();
    days.map(|date| i64::from(date.days_since_epoch()))
        .map(|day| (day, whole((table.rows)(market, day))))
        .collect()
}

fn bigints<'a>(rows: &'a RecordBatch, column: &str) -> Vec<Option<i64>> {
    let column: &'a dyn Array = rows.column_by_name(column).expect("a column");
    column.as_primitive::<Int64Type>().iter().collect()
}

fn dates(rows: &RecordBatch, column: &str) -> Vec<Option<i64>> {
    let column = rows.column_by_name(column).expect("a column");
    let days = column.as_primitive::<Date32Type>().iter();
    days.map(|day| day.map(i64::from)).collect()
}

fn moments(rows: &RecordBatch, column: &str) -> Vec<Option<i64>> {
    let column = rows.column_by_name(column).expect("a column");
    column
        .as_primitive::<TimestampMicrosecondType>()
        .iter()
        .collect()
}

fn decimals(rows: &RecordBatch, column: &str) -> Vec<Option<i128>> {
    let column = rows.column_by_name(column).expect("a column");
    column.as_primitive::<Decimal128Type>().iter().collect()
}

fn texts(rows: &RecordBatch, column: &str) -> Vec<Option<String>> {
    let column = rows.column_by_name(column).expect("a column");
    let texts = column.as_string::<i32>().iter();
    texts.map(|text| text.map(str::to_owned)).collect()
}

fn ids(rows: &RecordBatch, column: &str) -> BTreeSet<i64> {
    bigints(rows, column).into_iter().flatten().collect()
}

#[test]
fn the_same_seed_gives_the_same_rows() {
    let hashes = |seed| -> Vec<String> {
        let hash = |(market, day)| {
            move |table: &super::tables::GeneratedTable| {
                let rows: Vec<RecordBatch> = (table.rows)(market, day).collect();
                content_hash(&rows[0].schema(), &rows)
                    .expect("hash")
                    .to_string()
            }
        };
        TABLES.iter().map(hash((small(seed), 20_000))).collect()
    };
    assert_eq!(hashes(5), hashes(5));
    for (table, (left, right)) in TABLES.iter().zip(hashes(5).iter().zip(hashes(6))) {
        assert_ne!(*left, right, "{} does not follow from the seed", table.name);
    }
}

#[test]
fn names_are_in_order_and_once() {
    let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    let sorted: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names, sorted.into_iter().collect::<Vec<_>>());
}

#[test]
fn ids_of_different_days_never_meet() {
    for customers in [10, 2_000, 499_999, 500_001, 40_000_000] {
        let market = Market { seed: 1, customers };
        let most = i64::from(customers) * 103 / 100 + 21;
        assert!(
            most < market.unknown_event(),
            "{customers}: room for a day's payments"
        );
        assert!(market.event_id(20_000, market.unknown_event() + 99) < market.event_id(20_001, 0));
        assert!(market.unknown_customer() > market.customer_count(30_000));
    }
    assert_eq!(demo().event_id(20_000, 12), 20_000_000_012);
}

#[test]
fn large_days_come_in_batches_of_bounded_size() {
    let market = Market {
        seed: 1,
        customers: 40_000,
    };
    let batches: Vec<RecordBatch> = market.order_lines(20_000).collect();
    assert!(batches.len() > 2);
    assert!(batches.iter().all(|batch| batch.num_rows() < 90_000));
    let payments = whole(market.payments(20_000));
    let ids = bigints(&payments, "payment_id");
    let expected = (0..ids.len() as i64).map(|ordinal| Some(market.event_id(20_000, ordinal)));
    assert!(
        ids.iter().copied().eq(expected),
        "payments are numbered without gaps"
    );
    let customers = whole(market.customers(20_000));
    assert!(customers.num_rows() as i64 > market.customer_count(20_000));
}

#[test]
fn customers_stand_twice_and_amounts_lie_on_half_cents() {
    for day in [19_997, 20_003, 20_027] {
        let market = demo();
        let customers = whole(market.customers(day));
        let known = ids(&customers, "customer_id");
        assert!(known.len() >= 2_000 && customers.num_rows() > known.len());
        let regions = texts(&customers, "region");
        assert!(regions.contains(&Some(String::new())) && regions.contains(&None));

        let lines = whole(market.order_lines(day));
        assert!(lines.num_rows() >= 5_000);
        let quantity = lines.column(3).as_primitive::<Int32Type>();
        let (price, discount) = (
            decimals(&lines, "unit_price"),
            decimals(&lines, "discount_rate"),
        );
        let tie = |row: &usize| {
            let rate = 10_000 - discount[*row].expect("a rate");
            let amount = price[*row].expect("a price") * i128::from(quantity.value(*row)) * rate;
            amount % 10_000 == 5_000
        };
        assert!((0..lines.num_rows()).filter(tie).count() > 500);
        assert!((whole(market.orders(day)).num_rows() as i64 - 2_000).abs() <= 40);
    }
}

#[test]
fn columns_hold_nulls_where_they_say_so() {
    let with_nulls: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("addresses", &["postcode"] as &[&str]),
        ("bank_statement", &["purpose"]),
        ("categories", &["parent_id"]),
        ("coupon_redemptions", &["amount"]),
        ("coupons", &["max_uses", "campaign"]),
        ("customers", &["email", "region"]),
        ("employees", &["phone", "manager_id", "left_on"]),
        ("inventory", &["on_hand"]),
        ("marketing_spend", &["spend"]),
        ("orders", &["status", "shipped_on"]),
        ("page_views", &["product_id"]),
        ("payments", &["method", "paid_at"]),
        ("price_changes", &["reason"]),
        ("products", &["category"]),
        ("returns", &["reason"]),
        ("reviews", &["customer_id", "rating", "title"]),
        ("shipments", &["warehouse_id", "delivered_at", "co2_grams"]),
        ("stock_movements", &["note"]),
        ("supplier_deliveries", &["delivered_on"]),
        ("support_tickets", &["customer_id", "satisfaction"]),
        ("wallet_transactions", &["corrects_id"]),
        ("web_sessions", &["customer_id", "referrer"]),
    ]);
    for table in &TABLES {
        let expected = with_nulls.get(table.name).copied().unwrap_or_default();
        // A Wednesday and a Friday: every table has rows.
        let rows = [20_012, 20_014].map(|day| whole((table.rows)(demo(), day)));
        for (index, field) in rows[0].schema().fields().iter().enumerate() {
            let nulls: usize = rows
                .iter()
                .map(|rows| rows.column(index).null_count())
                .sum();
            assert_eq!(
                nulls > 0,
                expected.contains(&field.name().as_str()),
                "{}.{}",
                table.name,
                field.name()
            );
        }
    }
}

#[test]
fn events_come_in_time_order_within_their_day() {
    for (table, column) in [
        ("coupon_redemptions", "redeemed_at"),
        ("reviews", "reviewed_at"),
        ("shipments", "shipped_at"),
        ("stock_movements", "moved_at"),
        ("wallet_transactions", "booked_at"),
        ("web_sessions", "started_at"),
    ] {
        for (day, rows) in month(small(3), table) {
            let moments = moments(&rows, column);
            assert!(moments.is_sorted(), "{table} on {day}");
            let inside = |moment: &Option<i64>| {
                moment.is_some_and(|moment| moment.div_euclid(DAY_MICROS) == day)
            };
            assert!(moments.iter().all(inside), "{table} on {day}");
        }
    }
}

#[test]
fn the_category_tree_hangs_together() {
    for (_, rows) in month(small(1), "categories") {
        let known = ids(&rows, "category_id");
        let parents = bigints(&rows, "parent_id");
        assert_eq!(parents.iter().filter(|parent| parent.is_none()).count(), 4);
        assert!(
            parents
                .iter()
                .flatten()
                .all(|parent| known.contains(parent))
        );
        let names: BTreeSet<String> = texts(&rows, "category_name")
            .into_iter()
            .flatten()
            .collect();
        for word in super::vocabulary::CATEGORIES {
            assert!(names.contains(word), "{word}");
        }
    }
}

#[test]
fn tax_rates_have_a_past_mostly_in_order() {
    let rows = whole(demo().tax_rates(20_000));
    let keys: Vec<_> = texts(&rows, "country")
        .into_iter()
        .zip(texts(&rows, "vat_class"))
        .collect();
    let valid = dates(&rows, "valid_from");
    let mut in_order = 0;
    let mut wrong_way_round = 0;
    for at in 1..keys.len() {
        if keys[at] == keys[at - 1] {
            if valid[at - 1] < valid[at] {
                in_order += 1;
            } else {
                wrong_way_round += 1;
            }
        }
    }
    assert!(wrong_way_round >= 2 && in_order > wrong_way_round);
    assert!(keys.iter().collect::<BTreeSet<_>>().len() < keys.len());
}

#[test]
fn stock_lies_in_two_warehouses_and_moves() {
    for (day, rows) in month(demo(), "inventory").into_iter().step_by(7) {
        let pairs: BTreeSet<_> = bigints(&rows, "product_id")
            .into_iter()
            .zip(bigints(&rows, "warehouse_id"))
            .collect();
        assert_eq!(pairs.len(), 800);
        let counted = dates(&rows, "counted_on").into_iter().flatten();
        assert!(counted.into_iter().all(|on| (day - 40..=day).contains(&on)));

        let moves = whole(demo().stock_movements(day));
        let moved: Vec<_> = bigints(&moves, "product_id")
            .into_iter()
            .zip(bigints(&moves, "warehouse_id"))
            .collect();
        assert!(moved.iter().all(|pair| pairs.contains(pair)));
        let quantities = bigints(&moves, "quantity");
        assert!(!quantities.contains(&Some(0)) && !quantities.contains(&None));
        let kinds = texts(&moves, "kind");
        assert!((0..moved.len()).all(|at| match kinds[at].as_deref() {
            Some("receipt") => quantities[at] > Some(0),
            Some("sale") => quantities[at] < Some(0),
            Some("adjust" | "transfer") => true,
            _ => false,
        }));
        // The same work is done several times in a row now and then.
        let works: Vec<_> = bigints(&moves, "warehouse_id")
            .into_iter()
            .zip(kinds)
            .collect();
        assert!(works.windows(2).filter(|pair| pair[0] == pair[1]).count() > 100);
    }
}

#[test]
fn shipments_follow_orders_and_count_carbon_from_their_day_on() {
    let market = small(2);
    for (day, rows) in month(market, "shipments") {
        assert_eq!(rows.column_by_name("co2_grams").is_some(), day >= 20_012);
        let orders: BTreeSet<i64> = (day - 4..=day)
            .flat_map(|placed| ids(&whole(market.orders(placed)), "order_id"))
            .collect();
        let shipped = ids(&rows, "order_id");
        let unknown = shipped.difference(&orders).count();
        assert!(unknown * 10 < shipped.len(), "{unknown} unknown on {day}");
        let weights = rows.column_by_name("weight_kg").expect("a column");
        assert!(
            weights
                .as_primitive::<Float64Type>()
                .iter()
                .all(|weight| weight.is_some_and(|weight| weight > 0.0))
        );
    }
    let all: BTreeSet<i64> = ids(&whole(demo().shipments(20_000)), "order_id");
    let known: BTreeSet<i64> = (19_996..=20_000)
        .flat_map(|placed| ids(&whole(demo().orders(placed)), "order_id"))
        .collect();
    assert!(all.difference(&known).count() > 0, "a few unknown orders");
}

#[test]
fn deliveries_are_late_and_corrected_revision_by_revision() {
    let mut revisions: BTreeMap<i64, i32> = BTreeMap::new();
    let (mut late, mut same_day, mut later) = (0, 0, 0);
    let mut before = None;
    for (day, rows) in month(demo(), "supplier_deliveries") {
        let revision = rows.column_by_name("revision").expect("a column");
        let revision = revision.as_primitive::<Int32Type>();
        let delivered = dates(&rows, "delivered_on");
        let mut today = BTreeSet::new();
        for (at, id) in bigints(&rows, "delivery_id")
            .into_iter()
            .flatten()
            .enumerate()
        {
            assert!(delivered[at].is_none_or(|on| (day - 5..=day).contains(&on)));
            late += usize::from(delivered[at].is_some_and(|on| on < day));
            let number = revision.value(at);
            if number == 1 {
                assert_eq!(revisions.insert(id, 1), None);
                today.insert(id);
                continue;
            }
            match revisions.insert(id, number) {
                Some(last) => assert_eq!(number, last + 1, "delivery {id} on {day}"),
                // It came before the month.
                None => assert!(before.is_none_or(|before| before < 20_005)),
            }
            if today.contains(&id) {
                same_day += 1;
            } else {
                later += 1;
            }
        }
        before = Some(day);
    }
    assert!(late > 100 && same_day > 20 && later > 20);
}

#[test]
fn prices_change_before_and_after_they_are_told() {
    let (mut ahead, mut behind) = (0, 0);
    for (day, rows) in month(demo(), "price_changes") {
        for valid in dates(&rows, "valid_from").into_iter().flatten() {
            assert!((day - 3..=day + 6).contains(&valid));
            ahead += usize::from(valid > day);
            behind += usize::from(valid < day);
        }
        let (old, new) = (decimals(&rows, "old_price"), decimals(&rows, "new_price"));
        assert!(old.iter().zip(&new).all(|(old, new)| old != new));
    }
    assert!(ahead > 50 && behind > 50);
}

#[test]
fn coupons_are_used_as_people_spell_them() {
    let (mut valid, mut over, mut ahead) = (0, 0, 0);
    for (day, rows) in month(small(1), "coupons") {
        let codes: BTreeSet<_> = texts(&rows, "code").into_iter().collect();
        assert_eq!(codes.len(), 40);
        for (from, to) in dates(&rows, "valid_from")
            .into_iter()
            .zip(dates(&rows, "valid_to"))
        {
            assert!(from < to);
            valid += usize::from(from <= Some(day) && Some(day) <= to);
            over += usize::from(to < Some(day));
            ahead += usize::from(from > Some(day));
        }
    }
    assert!(valid > 300 && over > 10 && ahead > 10);

    let known: BTreeSet<String> = texts(&whole(demo().coupons(20_000)), "code")
        .into_iter()
        .flatten()
        .collect();
    let (mut misspelled, mut unknown, mut again) = (0, 0, 0);
    for (day, rows) in month(demo(), "coupon_redemptions").into_iter().take(8) {
        let orders = ids(&whole(demo().orders(day)), "order_id");
        assert!(ids(&rows, "order_id").is_subset(&orders));
        let codes: Vec<String> = texts(&rows, "code").into_iter().flatten().collect();
        for code in &codes {
            let clean = code.trim().to_uppercase();
            misspelled += usize::from(clean != *code);
            unknown += usize::from(!known.contains(&clean));
        }
        let used: Vec<_> = bigints(&rows, "order_id")
            .into_iter()
            .zip(codes.iter().map(|code| code.trim().to_uppercase()))
            .collect();
        again += used.len() - used.iter().collect::<BTreeSet<_>>().len();
    }
    assert!(misspelled > 60 && unknown > 10 && again > 20);
}

#[test]
fn nobody_works_on_holidays() {
    for table in ["bank_statement", "marketing_spend", "supplier_deliveries"] {
        let days: Vec<i64> = month(small(1), table)
            .into_iter()
            .map(|(day, _)| day)
            .collect();
        assert_eq!(days.len(), 21, "{table}");
        // The third and the last of October.
        assert!(!days.contains(&19_999) && !days.contains(&20_027));
    }
}

#[test]
fn nothing_seen_is_told_as_such() {
    let impressions: Vec<_> = month(demo(), "marketing_spend")
        .iter()
        .flat_map(|(_, rows)| bigints(rows, "impressions"))
        .collect();
    assert!(impressions.contains(&Some(0)));
}

#[test]
fn page_views_belong_to_sessions_and_stand_together() {
    for (day, rows) in month(small(4), "page_views") {
        let sessions = whole(small(4).web_sessions(day));
        let mut counted: BTreeMap<i64, i64> = BTreeMap::new();
        let mut order = Vec::new();
        for session in bigints(&rows, "session_id").into_iter().flatten() {
            if order.last() != Some(&session) {
                order.push(session);
            }
            *counted.entry(session).or_default() += 1;
        }
        let expected: Vec<i64> = bigints(&sessions, "session_id")
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(order, expected, "in order of the sessions on {day}");
        let pages: Vec<i64> = bigints(&sessions, "pages").into_iter().flatten().collect();
        assert!(counted.into_values().eq(pages));
        let views = bigints(&rows, "session_id")
            .into_iter()
            .zip(moments(&rows, "viewed_at"));
        assert!(views.collect::<Vec<_>>().is_sorted());
        assert_eq!(ids(&rows, "view_id").len(), rows.num_rows());
    }
    let quiet_hours = month(demo(), "web_sessions")
        .into_iter()
        .filter(|(_, rows)| {
            let hours: BTreeSet<i64> = moments(rows, "started_at")
                .into_iter()
                .flatten()
                .map(|moment| moment.rem_euclid(DAY_MICROS) / 3_600_000_000)
                .collect();
            hours.len() < 24
        });
    assert!(quiet_hours.count() > 20);
}

#[test]
fn corrections_name_earlier_transactions_of_the_same_wallet() {
    let market = small(9);
    let (mut corrections, mut late) = (0, 0);
    let mut booked: BTreeMap<i64, i64> = BTreeMap::new();
    for day in 19_989..=20_027 {
        let rows = whole(market.wallet_transactions(day));
        let wallets = bigints(&rows, "wallet_id");
        let kinds = texts(&rows, "kind");
        let corrects = bigints(&rows, "corrects_id");
        let values = dates(&rows, "value_date");
        let known = ids(&whole(market.wallets(day)), "wallet_id");
        for (at, id) in bigints(&rows, "transaction_id")
            .into_iter()
            .flatten()
            .enumerate()
        {
            let wallet = wallets[at].expect("a wallet");
            assert!(known.contains(&wallet));
            late += usize::from(values[at].is_some_and(|value| value < day));
            assert_eq!(
                corrects[at].is_some(),
                kinds[at].as_deref() == Some("correction")
            );
            if let Some(wrong) = corrects[at].filter(|_| day >= 19_997) {
                assert_eq!(booked.get(&wrong), Some(&wallet), "{id} corrects {wrong}");
                corrections += 1;
            }
            booked.insert(id, wallet);
        }
    }
    assert!(corrections > 20 && late > 50);
}

#[test]
fn the_bank_tells_payments_and_more() {
    for (day, rows) in month(demo(), "bank_statement").into_iter().take(3) {
        let paid: BTreeSet<_> = decimals(&whole(demo().payments(day)), "amount")
            .into_iter()
            .collect();
        let amounts = decimals(&rows, "amount");
        let matched = amounts
            .iter()
            .filter(|amount| paid.contains(*amount))
            .count();
        assert!(matched * 2 > amounts.len() && matched < amounts.len());
        assert!(amounts.iter().collect::<BTreeSet<_>>().len() + 40 < amounts.len());
        let orders = ids(&whole(demo().orders(day)), "order_id");
        let purposes = texts(&rows, "purpose").into_iter().flatten();
        let thanks = purposes.filter_map(|purpose| {
            let id = purpose.strip_prefix("ORDER ")?.strip_suffix(" THANKS")?;
            id.parse::<i64>().ok()
        });
        let thanks: Vec<i64> = thanks.collect();
        assert!(thanks.len() > 100 && thanks.iter().all(|id| orders.contains(id)));
    }
}

#[test]
fn reviews_repeat_and_tie() {
    for (_, rows) in month(demo(), "reviews").into_iter().step_by(10) {
        let said: Vec<_> = bigints(&rows, "customer_id")
            .into_iter()
            .zip(bigints(&rows, "product_id"))
            .filter(|(customer, _)| customer.is_some())
            .collect();
        assert!(said.iter().collect::<BTreeSet<_>>().len() < said.len());
        let helpful = ids(&rows, "helpful");
        assert!(helpful.len() < 13);
    }
}

#[test]
fn everybody_but_one_has_a_manager() {
    for (day, rows) in month(small(1), "employees") {
        let people: Vec<i64> = bigints(&rows, "employee_id")
            .into_iter()
            .flatten()
            .collect();
        let managers = bigints(&rows, "manager_id");
        assert_eq!(
            managers.iter().filter(|manager| manager.is_none()).count(),
            1
        );
        for (person, manager) in people.iter().zip(&managers) {
            // Managers stand before their people, so that nobody manages themselves in a circle.
            assert!(manager.is_none_or(|manager| manager < *person && people.contains(&manager)));
        }
        let hired = dates(&rows, "hired_on");
        assert!(hired.iter().all(|on| *on <= Some(day)));
        assert!(hired.iter().any(|on| *on > Some(day - 90)));
    }
}

/// How a table is written in the documentation: its columns with type and whether they hold NULLs.
fn documented() -> BTreeMap<String, Vec<(String, String)>> {
    let text = include_str!("../../../../docs/lake.md");
    let mut tables: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut table = None;
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("### `") {
            table = heading.split('`').next().map(str::to_owned);
        } else if line.starts_with('#') {
            table = None;
        } else if let (Some(table), Some(row)) = (&table, line.strip_prefix("| `")) {
            let mut cells = row.split('|').map(str::trim);
            let column = cells.next().unwrap_or_default().trim_end_matches('`');
            let kind = cells.next().unwrap_or_default();
            tables
                .entry(table.clone())
                .or_default()
                .push((column.to_owned(), kind.to_owned()));
        }
    }
    tables
}

fn word(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Int32 => "INT".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision},{scale})"),
        DataType::Utf8 => "TEXT".to_owned(),
        DataType::Date32 => "DATE".to_owned(),
        DataType::Timestamp(_, _) => "TIMESTAMP".to_owned(),
        other => format!("{other}, which the documentation has no word for"),
    }
}

#[test]
fn every_table_and_column_is_documented() {
    let documented = documented();
    let names: Vec<&str> = documented.keys().map(String::as_str).collect();
    let known: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    assert_eq!(names, known);
    for table in &TABLES {
        let rows = [20_012, 20_014].map(|day| whole((table.rows)(demo(), day)));
        let schema: &Schema = &rows[0].schema();
        let columns: Vec<(String, String)> = schema
            .fields()
            .iter()
            .enumerate()
            .map(|(at, field)| {
                let nulls = rows.iter().any(|rows| rows.column(at).null_count() > 0);
                let mark = if nulls { "?" } else { "" };
                (
                    field.name().clone(),
                    format!("{}{mark}", word(field.data_type())),
                )
            })
            .collect();
        assert_eq!(documented[table.name], columns, "{}", table.name);
    }
}
