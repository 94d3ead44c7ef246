WITH windowed AS (
    -- each row with what stands around it among those of its segment
    SELECT
        customer_id,
        points,
        CAST(sum(points) OVER (PARTITION BY segment ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS DOUBLE) / count(points) OVER (PARTITION BY segment ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS mean,
        max(points) OVER (PARTITION BY segment ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS best,
        segment AS sort_key,
        row_no
    FROM customers
),
windowed_2 AS (
    -- each row with what stands around it
    SELECT
        customer_id,
        points,
        mean,
        best,
        sum(points) OVER (ORDER BY sort_key, row_no ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS window_sum,
        sort_key,
        row_no
    FROM windowed
)
SELECT
    customer_id,
    points,
    sqlite_round(100.0 * points / nullif(window_sum, 0), 1, '3.40.1') AS share,
    mean,
    best
FROM windowed_2
ORDER BY sort_key, row_no
-- level: Window; customers(customer_id, segment, points + row_no)
