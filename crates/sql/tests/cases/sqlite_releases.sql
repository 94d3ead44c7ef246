WITH kept AS (
    -- the rows of orders that pass the filter
    SELECT order_id, nanvl(weight, NULL) + 0.0 AS weight, row_no
    FROM orders
    WHERE order_id > 5
)
SELECT
    order_id,
    sqlite_round(weight, 1, '3.40.1') AS rounded,
    'w' || sqlite_text(weight, '3.40.1') AS label
FROM kept
ORDER BY row_no
-- level: Flat; orders(order_id, weight + row_no)
