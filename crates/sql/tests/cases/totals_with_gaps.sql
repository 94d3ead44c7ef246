WITH running AS (
    -- float sums, added row by row in stored order
    SELECT
        nanvl(weight, NULL) AS kilos,
        order_id,
        status,
        row_no,
        sum(nanvl(weight, NULL)) OVER (ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_total
    FROM orders
)
SELECT
    CASE WHEN bool_or(kilos IS NULL) THEN NULL ELSE coalesce(last_value(running_total ORDER BY row_no), 0.0) + 0.0 END AS total,
    coalesce(bool_or((status IS NOT DISTINCT FROM 'open')), FALSE) AS any_open,
    coalesce(bool_and((status IS NOT DISTINCT FROM 'open')) FILTER (WHERE order_id > 5), TRUE) AS all_open
FROM running
-- level: Window; orders(order_id, status, weight + row_no)
