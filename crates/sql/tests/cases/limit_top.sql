WITH best AS (
    -- one row per customer id; the first 3 rows; from the rows of orders that pass the filter
    SELECT customer_id, count(*) AS n, count(DISTINCT status) AS states
    FROM orders
    WHERE status IS NULL OR status NOT IN ('x', 'gold')
    GROUP BY customer_id
    ORDER BY n DESC, customer_id DESC
    LIMIT 3
)
SELECT customer_id, n, states
FROM best
WHERE n > 1
ORDER BY n DESC, customer_id DESC
-- level: Flat; orders(customer_id, status)
