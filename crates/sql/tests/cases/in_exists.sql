SELECT order_id, status
FROM orders
WHERE EXISTS (SELECT 1 FROM customers WHERE customers.customer_id = orders.customer_id AND customers.segment = 'gold')
  AND NOT EXISTS (SELECT 1 FROM order_lines WHERE order_lines.order_id = orders.order_id AND order_lines.quantity < 0)
ORDER BY row_no
-- level: Flat; orders(order_id, customer_id, status + row_no); customers(customer_id, segment); order_lines(order_id, quantity)
