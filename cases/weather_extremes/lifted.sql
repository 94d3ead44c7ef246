== extremes.sql
WITH acc_running AS (
    SELECT
        celsius,
        row_no,
        station,
        sum(celsius) OVER (PARTITION BY station ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_sum
    FROM obs
),
acc AS (
    SELECT
        station,
        min(celsius) AS low,
        max(celsius) AS high,
        last_value(running_sum ORDER BY row_no) + 0.0 AS sum,
        count(*) AS n
    FROM acc_running
    GROUP BY station
)
SELECT station, low, high, py_round(sum / n, 1) AS mean, high - low AS span
FROM acc
ORDER BY station
