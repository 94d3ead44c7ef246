WITH running AS (
    -- float sums, added row by row in stored order
    SELECT
        CAST(amount AS DOUBLE) AS amount,
        row_no,
        customer_id,
        sum(CAST(amount AS DOUBLE)) OVER (PARTITION BY customer_id ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_avg_amount
    FROM orders
),
orders_by_customer_id AS (
    -- one row per customer id
    SELECT
        customer_id AS orders_by_customer_id_customer_id,
        last_value(running_avg_amount ORDER BY row_no) / count(amount) AS value
    FROM running
    GROUP BY customer_id
)
SELECT orders.order_id, CAST(orders.amount AS DOUBLE) AS amount
FROM orders
LEFT JOIN orders_by_customer_id ON orders_by_customer_id.orders_by_customer_id_customer_id = orders.customer_id
WHERE CAST(orders.amount AS DOUBLE) > orders_by_customer_id.value
ORDER BY orders.row_no
-- level: Window; orders(order_id, customer_id, amount + row_no)
