WITH running AS (
    -- float sums, added row by row in stored order; from orders joined with customers
    SELECT
        CAST(orders.placed_on AS VARCHAR) AS placed_on,
        orders.status,
        orders.row_no AS orders_row_no,
        customers.row_no AS customers_row_no,
        customers.region,
        sum(CAST(orders.amount AS DOUBLE)) OVER (PARTITION BY customers.region ORDER BY orders.row_no, customers.row_no NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_total
    FROM orders
    LEFT JOIN customers ON customers.customer_id = orders.customer_id
)
SELECT
    region,
    count(*) AS n,
    last_value(running_total ORDER BY orders_row_no, customers_row_no NULLS LAST) AS total,
    max(placed_on) AS last_order,
    sum(CASE WHEN status = 'open' THEN 1 ELSE 0 END) AS open_orders
FROM running
GROUP BY region
ORDER BY n DESC, last_value(running_total ORDER BY orders_row_no, customers_row_no NULLS LAST) + 0.0, region NULLS FIRST
-- level: Window; orders(customer_id, status, amount, placed_on + row_no); customers(customer_id, region + row_no)

-- obligation: SQLite would return several matches of one row in the order of a temporary index
SELECT customer_id AS c_customer_id, count(*) AS occurrences
FROM customers
GROUP BY customer_id
HAVING count(*) > 1
