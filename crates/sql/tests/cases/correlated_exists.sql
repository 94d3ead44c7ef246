WITH customer_id_in_orders AS (
    -- the rows of orders that pass the filter
    SELECT DISTINCT customer_id
    FROM orders
    WHERE amount > 1
),
customer_id_in_visits AS (
    SELECT DISTINCT customer_id
    FROM visits
)
SELECT
    customers.customer_id,
    CASE WHEN customer_id_in_orders.customer_id IS NOT NULL THEN 1 ELSE 0 END AS buys,
    CASE WHEN customer_id_in_visits.customer_id IS NULL THEN 'never' ELSE 'came' END AS came
FROM customers
LEFT JOIN customer_id_in_orders ON customer_id_in_orders.customer_id = customers.customer_id
LEFT JOIN customer_id_in_visits ON customer_id_in_visits.customer_id = customers.customer_id
ORDER BY customers.row_no
-- level: Flat; orders(customer_id, amount); customers(customer_id + row_no); visits(customer_id)
