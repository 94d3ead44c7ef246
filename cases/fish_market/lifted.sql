== turnover.sql
WITH running AS (
    SELECT
        nanvl(kilos, NULL) + 0.0 AS kilos,
        CAST(price AS DOUBLE) AS price,
        row_no,
        fish,
        sum(CASE WHEN buyer = 'restaurant' THEN CAST(price AS DOUBLE) ELSE 0.0 END) OVER (PARTITION BY fish ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_restaurant,
        sum(CASE WHEN buyer = 'home' THEN CAST(price AS DOUBLE) ELSE 0.0 END) OVER (PARTITION BY fish ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_sum,
        sum(CAST(price AS DOUBLE) / nullif(nanvl(kilos, NULL) + 0.0, 0)) OVER (PARTITION BY fish ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_per_kilo,
        sum(nanvl(kilos, NULL) + 0.0) OVER (PARTITION BY fish ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_kilos
    FROM sales
)
SELECT
    fish,
    last_value(running_restaurant ORDER BY row_no) AS restaurant,
    sqlite_round(last_value(running_sum ORDER BY row_no), 1, '3.40.1') AS home,
    last_value(running_per_kilo ORDER BY row_no) / count(price / nullif(kilos, 0)) AS per_kilo,
    coalesce(last_value(running_kilos ORDER BY row_no), 0.0) AS kilos,
    count(*) FILTER (WHERE price > 20) AS dear
FROM running
GROUP BY fish
ORDER BY restaurant DESC, fish DESC
