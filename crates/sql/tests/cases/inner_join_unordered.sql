SELECT orders.order_id, customers.region
FROM orders
JOIN customers ON customers.customer_id = orders.customer_id
ORDER BY orders.row_no, customers.row_no
-- level: Flat; orders(order_id, customer_id + row_no); customers(customer_id, region + row_no)

-- obligation: SQLite would return several matches of one row in the order of a temporary index
SELECT customer_id AS c_customer_id, count(*) AS occurrences
FROM customers
GROUP BY customer_id
HAVING count(*) > 1
