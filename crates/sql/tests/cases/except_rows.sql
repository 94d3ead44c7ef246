WITH sorted AS (
    -- only rows without a match in orders
    SELECT DISTINCT customer_id, region
    FROM customers
    WHERE NOT EXISTS (SELECT 1 FROM orders WHERE orders.customer_id = customers.customer_id AND (orders.status IS NOT DISTINCT FROM customers.region))
)
SELECT customer_id, region
FROM sorted
ORDER BY customer_id, region NULLS FIRST
-- level: Flat; orders(customer_id, status); customers(customer_id, region)
