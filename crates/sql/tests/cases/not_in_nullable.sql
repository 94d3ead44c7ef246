WITH totals AS (
    -- totals in one row
    SELECT count(*) AS row_count
    FROM orders
),
totals_2 AS (
    -- totals in one row; from the rows of orders that pass the filter
    SELECT count(*) AS row_count
    FROM orders
    WHERE status IS NULL
),
status_in_orders AS (
    -- the rows of orders that pass the filter
    SELECT DISTINCT status
    FROM orders
    WHERE status IS NOT NULL
),
joined AS (
    -- customers joined with status_in_orders
    SELECT
        customers.customer_id,
        customers.region,
        status_in_orders.status IS NOT NULL AS in_status_in_orders,
        customers.row_no
    FROM customers
    LEFT JOIN status_in_orders ON status_in_orders.status = customers.region
)
SELECT customer_id
FROM joined
WHERE CASE WHEN region IS NULL AND (SELECT row_count FROM totals) > 0 THEN NULL WHEN NOT in_status_in_orders AND (SELECT row_count FROM totals_2) > 0 THEN NULL ELSE NOT in_status_in_orders END
ORDER BY row_no
-- level: Flat; orders(status); customers(customer_id, region + row_no)
