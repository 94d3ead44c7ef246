SELECT order_id
FROM orders
WHERE NOT EXISTS (SELECT 1 FROM orders AS orders_2 WHERE orders_2.customer_id = orders.customer_id AND orders_2.placed_on > orders.placed_on)
ORDER BY row_no
-- level: Flat; orders(order_id, customer_id, placed_on + row_no)
