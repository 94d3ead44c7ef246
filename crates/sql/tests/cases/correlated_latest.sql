WITH orders_by_customer_id AS (
    -- one row per customer id
    SELECT
        customer_id AS orders_by_customer_id_customer_id,
        max(CAST(placed_on AS VARCHAR)) AS value
    FROM orders
    GROUP BY customer_id
)
SELECT orders.order_id, orders.customer_id
FROM orders
LEFT JOIN orders_by_customer_id ON orders_by_customer_id.orders_by_customer_id_customer_id = orders.customer_id
WHERE CAST(orders.placed_on AS VARCHAR) = orders_by_customer_id.value
ORDER BY orders.order_id, orders.row_no
-- level: Flat; orders(order_id, customer_id, placed_on + row_no)
