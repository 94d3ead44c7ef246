== result.sql
WITH running AS (
    SELECT
        CAST(paid AS BIGINT) AS paid,
        euros,
        row_no,
        voice,
        sum(CAST(CASE WHEN CAST(paid AS BIGINT) <> 0 THEN euros ELSE NULL END AS DOUBLE)) OVER (PARTITION BY voice ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_euros
    FROM fees
)
SELECT
    voice,
    count(*) AS members,
    count(*) FILTER (WHERE paid <> 0) AS paid,
    coalesce(last_value(running_euros ORDER BY row_no), 0.0) AS euros,
    CAST(sum(euros) AS DOUBLE) / count(euros) AS mean
FROM running
GROUP BY voice
HAVING count(*) > 1 OR max(euros) < 10
ORDER BY voice DESC
