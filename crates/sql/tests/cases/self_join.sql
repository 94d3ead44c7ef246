SELECT orders.order_id, count(orders_2.order_id) AS earlier
FROM orders
LEFT JOIN orders AS orders_2 ON orders_2.customer_id = orders.customer_id AND orders_2.placed_on < orders.placed_on
GROUP BY orders.order_id
ORDER BY orders.order_id
-- level: Flat; orders(order_id, customer_id, placed_on)
