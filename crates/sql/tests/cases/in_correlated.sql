SELECT order_id
FROM orders
WHERE EXISTS (SELECT 1 FROM customers WHERE customers.customer_id = orders.customer_id AND customers.segment = orders.status)
ORDER BY row_no
-- level: Flat; orders(order_id, customer_id, status + row_no); customers(customer_id, segment)
