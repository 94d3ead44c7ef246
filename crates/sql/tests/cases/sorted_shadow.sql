WITH computed AS (
    SELECT
        order_id,
        py_round(nanvl(weight, NULL), 1) AS weight,
        nanvl(weight, NULL) + 0.0 AS sort_key,
        row_no
    FROM orders
)
SELECT order_id, weight
FROM computed
ORDER BY sort_key DESC NULLS LAST, row_no
-- level: Flat; orders(order_id, weight + row_no)
