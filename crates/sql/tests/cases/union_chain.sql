WITH combined AS (
    -- 2 parts, one after the other
    SELECT customer_id, 1 AS branch, row_no AS row_position
    FROM customers
    UNION ALL
    SELECT customer_id, 2 AS branch, row_no AS row_position
    FROM orders
),
numbered AS (
    -- rows numbered in their order
    SELECT
        customer_id,
        CAST(row_number() OVER (ORDER BY branch, row_position) AS BIGINT) AS row_position
    FROM combined
),
combined_2 AS (
    -- 2 parts, one after the other
    SELECT customer_id, 1 AS branch, row_position
    FROM numbered
    UNION ALL
    SELECT customer_id, 2 AS branch, row_no AS row_position
    FROM visits
),
numbered_2 AS (
    -- rows numbered in their order
    SELECT
        customer_id,
        CAST(row_number() OVER (ORDER BY branch, row_position) AS BIGINT) AS row_position
    FROM combined_2
),
sorted AS (
    -- different rows, each where it first appears
    SELECT customer_id, min(row_position) AS first_seen
    FROM numbered_2
    GROUP BY customer_id
),
numbered_3 AS (
    -- only rows without a match in order_lines; rows numbered in their order
    SELECT
        customer_id,
        CAST(row_number() OVER (ORDER BY customer_id, first_seen) AS BIGINT) AS row_position
    FROM sorted
    WHERE NOT EXISTS (SELECT 1 FROM order_lines WHERE order_lines.order_id = sorted.customer_id)
)
SELECT customer_id
FROM numbered_3
GROUP BY customer_id
ORDER BY customer_id, min(row_position)
-- level: Window; orders(customer_id + row_no); customers(customer_id + row_no); order_lines(order_id); visits(customer_id + row_no)
