SELECT
    orders.order_id,
    CAST(orders.amount AS DOUBLE) AS amount,
    coalesce(customers.region, 'none') AS region,
    customers.points
FROM orders
LEFT JOIN customers ON customers.customer_id = orders.customer_id
ORDER BY orders.row_no, customers.row_no NULLS LAST
-- level: Flat; orders(order_id, customer_id, amount + row_no); customers(customer_id, region, points + row_no)

-- obligation: SQLite would return several matches of one row in the order of a temporary index
SELECT customer_id AS c_customer_id, count(*) AS occurrences
FROM customers
GROUP BY customer_id
HAVING count(*) > 1

-- obligation: pandas would read an integer column with NULL as floats
SELECT customers.points
FROM orders
LEFT JOIN customers ON customers.customer_id = orders.customer_id
WHERE customers.points IS NULL
