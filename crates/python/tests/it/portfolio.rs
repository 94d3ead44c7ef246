//! The externals of the demonstration portfolio are lowered whole.

use relift_diagnostics::SourceFile;

use crate::market::Market;

fn check(file: &str, function: &str, sources: &[&str]) {
    let path = format!(
        "{}/../../portfolio/externals/{file}",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(path).expect("the external of the portfolio");
    let mut market = Market::new(sources);
    let source = SourceFile::new(&format!("externals/{file}"), &text);
    let refused: Vec<String> = match market.lower(&source, function) {
        Ok(_) => Vec::new(),
        Err(refusals) => refusals.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(refused, Vec::<String>::new(), "{}", market.flow);
}

#[test]
fn projection() {
    check(
        "catalogue.py",
        "execute",
        &[
            "products: product_id, sku, product_name, category, list_price, unit_cost, active, supplier_id",
        ],
    );
}

#[test]
fn lookups_and_buckets() {
    check(
        "baskets.py",
        "build_baskets",
        &[
            "orders: order_id, customer_id, channel, status, ordered_at, promised_on, currency, shipping_fee",
            "customers: customer_id, full_name, segment, region",
            "line_prices = order_lines: order_id as order_id, line_no as line_count, quantity as total_price",
        ],
    );
}

#[test]
fn decimal_money() {
    check(
        "fees.py",
        "execute",
        &[
            "payments: payment_id, order_id, method, amount, fee_rate, paid_at",
            "fx = exchange_rates: currency, rate, source",
        ],
    );
}

#[test]
fn dictionary_of_tuples() {
    check(
        "order_totals.py",
        "execute",
        &[
            "lines = order_lines: order_id, line_no, product_id, quantity, unit_price, discount_rate, tax_rate",
        ],
    );
}

#[test]
fn several_dictionaries() {
    check(
        "region_revenue.py",
        "execute",
        &[
            "order_lines: order_id, line_no, product_id, quantity, unit_price, discount_rate, tax_rate",
            "orders: order_id, customer_id, channel, status, currency",
            "customers: customer_id, full_name, region, segment, loyalty_points",
        ],
    );
}

#[test]
fn dictionary_of_records() {
    check(
        "service_levels.py",
        "execute",
        &[
            "orders: order_id, customer_id, channel, status, promised_on, shipped_on, currency, shipping_fee",
        ],
    );
}

#[test]
fn helper_with_many_returns() {
    check(
        "register.py",
        "make_register",
        &[
            "fx = exchange_rates: currency, rate, source",
            "returned = returns: return_id as return_id, order_id as order_id, line_no as line_no, reason as reason, refund as refund, channel as channel, currency as currency, status as status",
        ],
    );
}
