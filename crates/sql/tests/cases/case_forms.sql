WITH orders_2 AS (
    SELECT
        order_id,
        status,
        CAST(amount AS DOUBLE) AS amount,
        nanvl(weight, NULL) + 0.0 AS weight,
        row_no
    FROM orders
)
SELECT
    order_id,
    CASE WHEN amount >= 5 THEN 'A' WHEN amount > 0 THEN 'B' ELSE NULL END AS grade,
    CASE WHEN status IS NULL THEN 'none' ELSE status END AS s,
    coalesce(weight, -1) AS w,
    nullif(status, '') AS nonempty,
    CASE WHEN status = 'open' THEN 1 ELSE 0 END + CASE WHEN amount > 3 THEN 1 ELSE 0 END AS flags,
    greatest(amount, 1.5) AS "top",
    CASE WHEN weight IS NULL THEN NULL ELSE py_min(weight, amount) END AS low
FROM orders_2
ORDER BY row_no
-- level: Flat; orders(order_id, status, amount, weight + row_no)

-- obligation: pandas would read a column as ints on a day when no row of it has a fraction or is NULL
WITH computed AS (
    SELECT coalesce(nanvl(weight, NULL) + 0.0, -1) AS w
    FROM orders
),
totals AS (
    -- totals in one row
    SELECT
        count(*) FILTER (WHERE CASE WHEN w IS NULL THEN TRUE ELSE w <> CAST(CAST(w AS BIGINT) AS DOUBLE) END) AS found
    FROM computed
)
SELECT 1 AS violation
FROM computed
WHERE NOT ((SELECT found FROM totals) > 0)
