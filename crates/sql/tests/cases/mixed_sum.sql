WITH running AS (
    -- float sums, added row by row in stored order
    SELECT
        CAST(amount AS DOUBLE) AS amount,
        status,
        row_no,
        customer_id,
        sum(CASE WHEN amount > 2 THEN CAST(amount AS DOUBLE) ELSE 0.0 END) OVER (PARTITION BY customer_id ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_kept,
        sum(CASE WHEN order_id > 3 THEN nanvl(weight, NULL) ELSE 1.0 END) OVER (PARTITION BY customer_id ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_t
    FROM orders
)
SELECT
    customer_id,
    last_value(running_kept ORDER BY row_no) AS kept,
    CAST(sum(CASE WHEN status = 'open' THEN 1 ELSE 0 END) AS DOUBLE) / count(CASE WHEN status = 'open' THEN 1 ELSE 0 END) AS share,
    sum(CASE WHEN amount > 2 THEN 1 ELSE 0 END) AS n,
    coalesce(last_value(running_t ORDER BY row_no), 0.0) AS t
FROM running
GROUP BY customer_id
ORDER BY customer_id
-- level: Window; orders(order_id, customer_id, status, amount, weight + row_no)

-- obligation: pandas would read a column as ints on a day when no row of it has a fraction or is NULL
-- refused: `sqlite_int`: takes the number at the beginning of a text, which the engine cannot
