== scores.sql
SELECT
    pilot,
    CAST(count(*) AS DOUBLE) AS flights,
    coalesce(pandas_sum(array_agg(points ORDER BY row_no) FILTER (WHERE valid)), 0.0) AS points,
    pandas_mean(array_agg(points ORDER BY row_no)) AS mean
FROM flights
GROUP BY pilot
ORDER BY pilot
