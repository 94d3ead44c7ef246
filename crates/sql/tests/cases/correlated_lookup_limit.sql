WITH orders_by_customer_id_ranked AS (
    -- the rows of each customer id numbered from the first
    SELECT
        customer_id,
        status AS value,
        row_number() OVER (PARTITION BY customer_id ORDER BY CAST(placed_on AS VARCHAR) DESC, order_id, row_no) AS nth
    FROM orders
)
SELECT customers.customer_id, orders_by_customer_id_ranked.value AS last_status
FROM customers
LEFT JOIN orders_by_customer_id_ranked ON orders_by_customer_id_ranked.customer_id = customers.customer_id AND orders_by_customer_id_ranked.nth = 1
ORDER BY customers.row_no
-- level: Window; orders(order_id, customer_id, status, placed_on + row_no); customers(customer_id + row_no)
