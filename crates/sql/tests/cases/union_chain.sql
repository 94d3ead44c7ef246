WITH combined AS (
    -- 2 parts, one after the other
    SELECT customer_id
    FROM customers
    UNION ALL
    SELECT customer_id
    FROM orders
),
combined_2 AS (
    -- 2 parts, one after the other
    SELECT customer_id
    FROM combined
    UNION ALL
    SELECT customer_id
    FROM visits
),
sorted AS (
    SELECT DISTINCT customer_id
    FROM combined_2
),
sorted_2 AS (
    -- only rows without a match in order_lines
    SELECT DISTINCT customer_id
    FROM sorted
    WHERE NOT EXISTS (SELECT 1 FROM order_lines WHERE order_lines.order_id = sorted.customer_id)
)
SELECT customer_id
FROM sorted_2
ORDER BY customer_id
-- level: Flat; orders(customer_id); customers(customer_id); order_lines(order_id); visits(customer_id)
