//! The tables of the generated marketplace and the days on which each has rows.

use relift_job::{DateRange, EffectiveDate};

use super::calendar::Calendar;
use super::frame::Batches;
use super::generator::Market;

/// A table of the marketplace.
pub(super) struct GeneratedTable {
    pub(super) name: &'static str,
    calendar: Calendar,
    /// The rows of a day.
    pub(super) rows: fn(Market, i64) -> Batches,
}

const fn every_day(name: &'static str, rows: fn(Market, i64) -> Batches) -> GeneratedTable {
    GeneratedTable {
        name,
        calendar: Calendar::EveryDay,
        rows,
    }
}

const fn weekdays(name: &'static str, rows: fn(Market, i64) -> Batches) -> GeneratedTable {
    GeneratedTable {
        name,
        calendar: Calendar::Weekdays,
        rows,
    }
}

const fn working_days(name: &'static str, rows: fn(Market, i64) -> Batches) -> GeneratedTable {
    GeneratedTable {
        name,
        calendar: Calendar::WorkingDays,
        rows,
    }
}

/// Every table, by name.
pub(super) static TABLES: [GeneratedTable; 28] = [
    weekdays("addresses", Market::addresses),
    working_days("bank_statement", Market::bank_statement),
    every_day("categories", Market::categories),
    every_day("coupon_redemptions", Market::coupon_redemptions),
    weekdays("coupons", Market::coupons),
    every_day("customers", Market::customers),
    weekdays("employees", Market::employees),
    weekdays("exchange_rates", Market::exchange_rates),
    every_day("inventory", Market::inventory),
    working_days("marketing_spend", Market::marketing_spend),
    every_day("order_lines", Market::order_lines),
    every_day("orders", Market::orders),
    every_day("page_views", Market::page_views),
    every_day("payments", Market::payments),
    every_day("price_changes", Market::price_changes),
    every_day("products", Market::products),
    every_day("returns", Market::returns),
    every_day("reviews", Market::reviews),
    every_day("shipments", Market::shipments),
    every_day("stock_movements", Market::stock_movements),
    working_days("supplier_deliveries", Market::supplier_deliveries),
    weekdays("suppliers", Market::suppliers),
    every_day("support_tickets", Market::support_tickets),
    every_day("tax_rates", Market::tax_rates),
    every_day("wallet_transactions", Market::wallet_transactions),
    every_day("wallets", Market::wallets),
    weekdays("warehouses", Market::warehouses),
    every_day("web_sessions", Market::web_sessions),
];

impl GeneratedTable {
    /// The dates of a range on which the table has rows.
    pub(super) fn dates(&self, range: DateRange) -> Vec<EffectiveDate> {
        range
            .iter()
            .filter(|date| self.calendar.has(date.0))
            .collect()
    }
}
