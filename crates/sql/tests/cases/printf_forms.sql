SELECT
    order_id,
    sqlite_format('%05d', order_id, '3.40.1') AS code,
    sqlite_format('%.2f', CAST(amount AS DOUBLE), '3.40.1') AS money,
    sqlite_format('%s-%d', status, customer_id, '3.40.1') AS tag,
    sqlite_format('%8.1f|%-6s|%+d', nanvl(weight, NULL) + 0.0, CAST(placed_on AS VARCHAR), order_id, '3.40.1') AS wide,
    sqlite_format('%,d', order_id * 100000, '3.40.1') AS big
FROM orders
ORDER BY row_no
-- level: Flat; orders(order_id, customer_id, status, amount, weight, placed_on + row_no)
