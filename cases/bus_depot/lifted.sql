== per_line.sql
WITH running AS (
    SELECT
        row_no,
        line,
        sum(nanvl(km, NULL) + 0.0) OVER (PARTITION BY line ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_km
    FROM buses
)
SELECT line, last_value(running_km ORDER BY row_no) AS km
FROM running
GROUP BY line
ORDER BY line
