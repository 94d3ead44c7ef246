WITH running AS (
    -- float sums, added row by row in stored order
    SELECT
        CAST(amount AS DOUBLE) AS amount,
        status,
        row_no,
        customer_id,
        sum(CASE WHEN amount > 2 THEN CAST(amount AS DOUBLE) ELSE 0.0 END) OVER (PARTITION BY customer_id ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_kept,
        sum(CASE WHEN order_id > 3 THEN nanvl(weight, NULL) + 0.0 ELSE 1.0 END) OVER (PARTITION BY customer_id ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_t
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
WITH running AS (
    -- float sums, added row by row in stored order
    SELECT
        row_no,
        customer_id,
        sum(CASE WHEN amount > 2 THEN CAST(amount AS DOUBLE) ELSE 0.0 END) OVER (PARTITION BY customer_id ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_kept
    FROM orders
),
computed AS (
    -- one row per customer id
    SELECT last_value(running_kept ORDER BY row_no) AS kept, customer_id AS sort_key
    FROM running
    GROUP BY customer_id
),
totals AS (
    -- totals in one row
    SELECT
        count(*) FILTER (WHERE CASE WHEN kept IS NULL THEN TRUE ELSE kept <> CAST(CAST(kept AS BIGINT) AS DOUBLE) END) AS found
    FROM computed
)
SELECT 1 AS violation
FROM computed
WHERE NOT ((SELECT found FROM totals) > 0)
