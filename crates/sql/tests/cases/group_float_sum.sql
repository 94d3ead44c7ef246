WITH running AS (
    -- float sums, added row by row in stored order
    SELECT
        CAST(amount AS DOUBLE) AS amount,
        row_no,
        customer_id,
        sum(CAST(amount AS DOUBLE)) OVER (PARTITION BY customer_id ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_sum_amount
    FROM orders
)
SELECT
    customer_id,
    sqlite_round(last_value(running_sum_amount ORDER BY row_no), 2, '3.40.1') AS total,
    last_value(running_sum_amount ORDER BY row_no) / count(amount) AS average,
    count(*) AS n
FROM running
GROUP BY customer_id
ORDER BY customer_id
-- level: Window; orders(customer_id, amount + row_no)
