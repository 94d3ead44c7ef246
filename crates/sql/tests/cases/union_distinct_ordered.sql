WITH combined AS (
    -- 2 parts, one after the other
    SELECT region AS word, points AS n, 1 AS branch, row_no AS row_position
    FROM customers
    UNION ALL
    SELECT status AS word, customer_id AS n, 2 AS branch, row_no AS row_position
    FROM orders
),
numbered AS (
    -- rows numbered in their order
    SELECT
        word,
        n,
        CAST(row_number() OVER (ORDER BY branch, row_position) AS BIGINT) AS row_position
    FROM combined
)
SELECT word, n
FROM numbered
GROUP BY n, word
ORDER BY n DESC, word NULLS FIRST, min(row_position)
-- level: Window; orders(customer_id, status + row_no); customers(region, points + row_no)
