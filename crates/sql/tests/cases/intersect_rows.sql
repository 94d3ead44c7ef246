WITH limited AS (
    -- only rows with a match in visits; the first 3 rows
    SELECT DISTINCT customer_id
    FROM orders
    WHERE EXISTS (SELECT 1 FROM visits WHERE visits.customer_id = orders.customer_id)
),
limited_2 AS (
    SELECT customer_id
    FROM limited
    ORDER BY customer_id DESC
    LIMIT 3
)
SELECT customer_id
FROM limited_2
ORDER BY customer_id DESC
-- level: Flat; orders(customer_id); visits(customer_id)
