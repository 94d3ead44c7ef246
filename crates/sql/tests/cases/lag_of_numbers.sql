WITH windowed AS (
    -- each row with what stands around it
    SELECT
        order_id,
        customer_id,
        lag(customer_id, 1) OVER (ORDER BY order_id, row_no) AS previous_value,
        lag(order_id, 2) OVER (ORDER BY order_id, row_no) AS two_before,
        row_no
    FROM orders
)
SELECT
    order_id,
    customer_id,
    CAST(customer_id - previous_value AS DOUBLE) AS step,
    CAST(two_before AS DOUBLE) AS two_before
FROM windowed
ORDER BY order_id, row_no
-- level: Window; orders(order_id, customer_id + row_no)

-- obligation: pandas would read an integer column without NULL as ints
WITH windowed AS (
    -- each row with what stands around it
    SELECT
        order_id,
        customer_id,
        lag(customer_id, 1) OVER (ORDER BY order_id, row_no) AS previous_value,
        row_no
    FROM orders
),
computed AS (
    SELECT customer_id - previous_value AS step, order_id AS sort_key, row_no
    FROM windowed
),
totals AS (
    -- totals in one row
    SELECT count(*) FILTER (WHERE step IS NULL) AS found
    FROM computed
)
SELECT 1 AS violation
FROM computed
WHERE NOT ((SELECT found FROM totals) > 0)

-- obligation: pandas would read an integer column without NULL as ints
WITH windowed AS (
    -- each row with what stands around it
    SELECT order_id, lag(order_id, 2) OVER (ORDER BY order_id, row_no) AS two_before, row_no
    FROM orders
),
totals AS (
    -- totals in one row
    SELECT count(*) FILTER (WHERE two_before IS NULL) AS found
    FROM windowed
)
SELECT 1 AS violation
FROM windowed
WHERE NOT ((SELECT found FROM totals) > 0)
