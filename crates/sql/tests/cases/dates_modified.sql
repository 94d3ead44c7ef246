SELECT
    order_id,
    CAST(CAST(date_trunc('month', placed_on) AS DATE) AS VARCHAR) AS month_start,
    sqlite_date(CAST(placed_on AS VARCHAR), '+1 month', '-1 day') AS d2,
    sqlite_date(CAST(placed_on AS VARCHAR), '+7 days') AS week_later,
    sqlite_date(CAST(placed_on AS VARCHAR), 'weekday 1') AS monday,
    sqlite_date(CAST(shipped_on AS VARCHAR), '-1 month') AS earlier,
    sqlite_date(CAST(placed_on AS VARCHAR), 'start of year', '+3 months') AS q2,
    sqlite_strftime('%w', CAST(placed_on AS VARCHAR)) AS dow,
    sqlite_strftime('%j', CAST(placed_on AS VARCHAR)) AS doy,
    sqlite_strftime('%W', CAST(placed_on AS VARCHAR)) AS week,
    sqlite_strftime('%Y', CAST(placed_on AS VARCHAR), '+1 year') AS next_year
FROM orders
ORDER BY row_no
-- level: Flat; orders(order_id, placed_on, shipped_on + row_no)
