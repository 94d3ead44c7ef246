SELECT customers.customer_id AS cid, orders.order_id
FROM customers
LEFT JOIN orders ON orders.customer_id = customers.customer_id
ORDER BY customers.customer_id, orders.order_id NULLS FIRST, customers.row_no, orders.row_no NULLS LAST
-- level: Flat; orders(order_id, customer_id + row_no); customers(customer_id + row_no)

-- obligation: SQLite would choose the order of rows that ORDER BY leaves equal
SELECT customers.customer_id, orders.order_id, count(*) AS occurrences
FROM customers
LEFT JOIN orders ON orders.customer_id = customers.customer_id
GROUP BY customers.customer_id, orders.order_id
HAVING count(*) > 1

-- obligation: pandas would read an integer column with NULL as floats
SELECT orders.order_id
FROM customers
LEFT JOIN orders ON orders.customer_id = customers.customer_id
WHERE orders.order_id IS NULL
