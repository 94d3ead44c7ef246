WITH running AS (
    -- float sums, added row by row in stored order; from orders joined with customers
    SELECT
        orders.row_no AS orders_row_no,
        customers.row_no AS customers_row_no,
        customers.region,
        sum(CAST(orders.amount AS DOUBLE)) OVER (PARTITION BY customers.region ORDER BY orders.row_no, customers.row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_total
    FROM orders
    JOIN customers ON customers.customer_id = orders.customer_id
)
SELECT region, last_value(running_total ORDER BY orders_row_no, customers_row_no) AS total
FROM running
GROUP BY region
ORDER BY region NULLS FIRST
-- level: Window; orders(customer_id, amount + row_no); customers(customer_id, region + row_no)

-- obligation: SQLite would return several matches of one row in the order of a temporary index
SELECT customer_id AS c_customer_id, count(*) AS occurrences
FROM customers
GROUP BY customer_id
HAVING count(*) > 1
