WITH running AS (
    -- float sums, added row by row in stored order
    SELECT
        CAST(amount AS DOUBLE) AS amount,
        row_no,
        status,
        sum(nanvl(weight, NULL) + 0.0) OVER (PARTITION BY status ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_w
    FROM orders
)
SELECT status, count(*) AS n, coalesce(last_value(running_w ORDER BY row_no), 0.0) AS w
FROM running
GROUP BY status
HAVING count(*) > 1
  AND min(amount) < 5
ORDER BY n DESC, status NULLS FIRST
-- level: Window; orders(status, amount, weight + row_no)
