WITH combined AS (
    -- 2 parts, one after the other
    SELECT customer_id
    FROM orders
    WHERE amount > 2
    UNION ALL
    SELECT customer_id
    FROM visits
),
seen AS (
    SELECT DISTINCT customer_id
    FROM combined
),
quiet AS (
    -- only rows without a match in seen
    SELECT DISTINCT customer_id
    FROM customers
    WHERE NOT EXISTS (SELECT 1 FROM seen WHERE seen.customer_id = customers.customer_id)
)
SELECT customer_id, segment
FROM customers
WHERE EXISTS (SELECT 1 FROM quiet WHERE quiet.customer_id = customers.customer_id)
ORDER BY row_no
-- level: Flat; orders(customer_id, amount); customers(customer_id, segment + row_no); visits(customer_id)
