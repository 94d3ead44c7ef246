WITH customer_id_in_customers AS (
    -- the rows of customers that pass the filter
    SELECT DISTINCT customer_id
    FROM customers
    WHERE points >= 3
)
SELECT
    orders.order_id,
    CASE WHEN customer_id_in_customers.customer_id IS NOT NULL THEN 'big' ELSE 'small' END AS size
FROM orders
LEFT JOIN customer_id_in_customers ON customer_id_in_customers.customer_id = orders.customer_id
ORDER BY orders.row_no
-- level: Flat; orders(order_id, customer_id + row_no); customers(customer_id, points)
