SELECT
    order_id,
    sqlite_int_of_text(CAST(placed_on AS VARCHAR)) AS year_by_mistake,
    sqlite_int_of_text(CAST(placed_on AS VARCHAR)) AS s,
    sqlite_int_of_text(CAST(placed_on AS VARCHAR)) AS n
FROM orders
ORDER BY row_no
-- level: Flat; orders(order_id, placed_on + row_no)
