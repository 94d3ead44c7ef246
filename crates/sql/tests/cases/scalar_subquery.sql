WITH running AS (
    -- float sums, added row by row in stored order
    SELECT
        CAST(amount AS DOUBLE) AS amount,
        row_no,
        sum(CAST(amount AS DOUBLE)) OVER (ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_avg_amount
    FROM orders
),
computed AS (
    -- totals in one row
    SELECT last_value(running_avg_amount ORDER BY row_no) / count(amount) AS "AVG(amount)"
    FROM running
)
SELECT order_id, CAST(amount AS DOUBLE) AS amount
FROM orders
WHERE CAST(amount AS DOUBLE) > (SELECT "AVG(amount)" FROM computed)
  AND EXISTS (SELECT 1 FROM customers)
ORDER BY row_no
-- level: Window; orders(order_id, amount + row_no); customers(customer_id)
