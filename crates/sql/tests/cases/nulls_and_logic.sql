WITH s AS (
    -- totals in one row
    SELECT max(segment) AS segment
    FROM customers
)
SELECT
    orders.order_id,
    CASE WHEN NOT (orders.status = 'open') THEN 1 WHEN orders.status = 'open' THEN 0 ELSE NULL END AS closed,
    CASE WHEN orders.status IS NOT NULL AND orders.amount > 5 THEN 1 ELSE 0 END AS known,
    coalesce(orders.status, 'none') AS status,
    nullif(orders.status, 'x') AS label,
    abs(CAST(orders.amount AS DOUBLE)) AS size,
    -orders.order_id AS negative,
    3 AS three,
    CAST(orders.amount AS DOUBLE) * 2 - 1.5 AS scaled,
    character_length(s.segment) AS l
FROM orders
CROSS JOIN s
WHERE NOT (orders.status = 'done' OR orders.status IS NULL AND orders.amount > 500)
ORDER BY orders.row_no
-- level: Flat; orders(order_id, status, amount + row_no); customers(segment)

-- obligation: pandas would read an integer column with NULL as floats
WITH s AS (
    -- totals in one row
    SELECT max(segment) AS segment
    FROM customers
),
computed AS (
    -- orders joined with s, filtered
    SELECT
        CASE WHEN NOT (orders.status = 'open') THEN 1 WHEN orders.status = 'open' THEN 0 ELSE NULL END AS closed,
        character_length(s.segment) AS l
    FROM orders
    CROSS JOIN s
    WHERE NOT (orders.status = 'done' OR orders.status IS NULL AND orders.amount > 500)
)
SELECT closed, l
FROM computed
WHERE closed IS NULL OR l IS NULL
