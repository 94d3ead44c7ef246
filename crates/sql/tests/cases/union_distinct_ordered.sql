WITH combined AS (
    -- 2 parts, one after the other
    SELECT region AS word, points AS n
    FROM customers
    UNION ALL
    SELECT status AS word, customer_id AS n
    FROM orders
),
sorted AS (
    SELECT DISTINCT word, n
    FROM combined
)
SELECT word, n
FROM sorted
ORDER BY n DESC, word NULLS FIRST
-- level: Flat; orders(customer_id, status); customers(region, points)
