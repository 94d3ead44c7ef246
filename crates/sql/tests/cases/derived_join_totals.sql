WITH running AS (
    -- float sums, added row by row in stored order
    SELECT
        row_no,
        customer_id,
        sum(CAST(amount AS DOUBLE)) OVER (PARTITION BY customer_id ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_total
    FROM orders
),
computed AS (
    -- one row per customer id
    SELECT
        customer_id AS t_customer_id,
        count(*) AS n,
        last_value(running_total ORDER BY row_no) AS total
    FROM running
    GROUP BY customer_id
)
SELECT customers.segment, computed.total, computed.n
FROM customers
JOIN computed ON computed.t_customer_id = customers.customer_id
ORDER BY computed.total + 0.0 DESC, customers.customer_id, customers.row_no
-- level: Window; orders(customer_id, amount + row_no); customers(customer_id, segment + row_no)

-- obligation: SQLite would choose the order of rows that ORDER BY leaves equal
WITH running AS (
    -- float sums, added row by row in stored order
    SELECT
        row_no,
        customer_id,
        sum(CAST(amount AS DOUBLE)) OVER (PARTITION BY customer_id ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_total
    FROM orders
),
computed AS (
    -- one row per customer id
    SELECT customer_id AS t_customer_id, last_value(running_total ORDER BY row_no) AS total
    FROM running
    GROUP BY customer_id
)
SELECT computed.total, customers.customer_id, count(*) AS occurrences
FROM customers
JOIN computed ON computed.t_customer_id = customers.customer_id
GROUP BY computed.total, customers.customer_id
HAVING count(*) > 1
