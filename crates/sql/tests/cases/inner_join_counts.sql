SELECT customers.region, count(*) AS orders, sum(order_lines.quantity) AS pieces
FROM orders
JOIN customers ON customers.customer_id = orders.customer_id
JOIN order_lines ON order_lines.order_id = orders.order_id
GROUP BY customers.region
ORDER BY customers.region NULLS FIRST
-- level: Flat; orders(order_id, customer_id); customers(customer_id, region); order_lines(order_id, quantity)
