WITH orders_2 AS (
    SELECT
        order_id,
        customer_id,
        CAST(amount AS DOUBLE) AS amount,
        nanvl(weight, NULL) + 0.0 AS weight,
        row_no
    FROM orders
),
base AS (
    SELECT order_id, amount / 3 AS third, amount, customer_id, weight, row_no
    FROM orders_2
)
SELECT
    order_id,
    order_id / 2 AS half,
    order_id % 3 AS rest,
    -order_id / 2 AS neg,
    third,
    order_id / nullif(0, 0) AS none,
    order_id * 1.0 / nullif(customer_id, 0) AS ratio,
    abs(-amount) AS a,
    sqlite_round(third, 0, '3.40.1') AS r0,
    sqlite_round(weight, 1, '3.40.1') AS r1,
    amount AS same,
    CASE WHEN amount > 1 THEN 1 ELSE 0 END + CASE WHEN weight > 1 THEN 1 WHEN NOT (weight > 1) THEN 0 ELSE NULL END AS n
FROM base
ORDER BY row_no
-- level: Flat; orders(order_id, customer_id, amount, weight + row_no)

-- obligation: pandas would read an integer column with NULL as floats
WITH orders_2 AS (
    SELECT order_id, CAST(amount AS DOUBLE) AS amount, nanvl(weight, NULL) + 0.0 AS weight
    FROM orders
),
computed AS (
    SELECT
        order_id / 2 AS half,
        order_id % 3 AS rest,
        -order_id / 2 AS neg,
        order_id / nullif(0, 0) AS none,
        CASE WHEN amount > 1 THEN 1 ELSE 0 END + CASE WHEN weight > 1 THEN 1 WHEN NOT (weight > 1) THEN 0 ELSE NULL END AS n
    FROM orders_2
)
SELECT half, rest, neg, none, n
FROM computed
WHERE half IS NULL OR rest IS NULL OR neg IS NULL OR none IS NULL OR n IS NULL
