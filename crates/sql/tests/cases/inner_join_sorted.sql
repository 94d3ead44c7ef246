SELECT orders.order_id, customers.region, customers.customer_id
FROM orders
JOIN customers ON customers.customer_id = orders.customer_id AND customers.points > 5
WHERE orders.status <> 'cancelled'
ORDER BY orders.order_id, customers.customer_id, orders.row_no, customers.row_no
-- level: Flat; orders(order_id, customer_id, status + row_no); customers(customer_id, region, points + row_no)

-- obligation: SQLite would choose the order of rows that ORDER BY leaves equal
SELECT orders.order_id, customers.customer_id AS c_customer_id, count(*) AS occurrences
FROM orders
JOIN customers ON customers.customer_id = orders.customer_id AND customers.points > 5
WHERE orders.status <> 'cancelled'
GROUP BY orders.order_id, customers.customer_id
HAVING count(*) > 1
