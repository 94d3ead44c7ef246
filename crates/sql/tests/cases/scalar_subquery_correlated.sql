WITH orders_by_customer_id AS (
    -- one row per customer id
    SELECT customer_id AS orders_by_customer_id_customer_id, count(*) AS value
    FROM orders
    GROUP BY customer_id
)
SELECT customers.customer_id, coalesce(orders_by_customer_id.value, 0) AS n
FROM customers
LEFT JOIN orders_by_customer_id ON orders_by_customer_id.orders_by_customer_id_customer_id = customers.customer_id
ORDER BY customers.row_no
-- level: Flat; orders(customer_id); customers(customer_id + row_no)
