WITH customers_by_customer_id_ranked AS (
    -- the rows of each customer id numbered from the first
    SELECT
        customer_id,
        segment AS value,
        row_number() OVER (PARTITION BY customer_id ORDER BY row_no) AS nth
    FROM customers
)
SELECT orders.order_id, customers_by_customer_id_ranked.value AS segment
FROM orders
LEFT JOIN customers_by_customer_id_ranked ON customers_by_customer_id_ranked.customer_id = orders.customer_id AND customers_by_customer_id_ranked.nth = 1
ORDER BY orders.row_no
-- level: Window; orders(order_id, customer_id + row_no); customers(customer_id, segment + row_no)
