SELECT orders.order_id, customers.segment
FROM orders
LEFT JOIN customers ON customers.customer_id = orders.customer_id
ORDER BY orders.row_no, customers.row_no NULLS LAST
-- level: Flat; orders(order_id, customer_id + row_no); customers(customer_id, segment + row_no)

-- obligation: a lookup has one answer, a join would have several
SELECT customer_id, count(*) AS occurrences
FROM customers
GROUP BY customer_id
HAVING count(*) > 1
