== ages.sql
SELECT
    lamp,
    date_part('year', changed) AS year,
    to_char(changed, '%Y-%m') AS month,
    py_floordiv(date_part('month', changed) - 1, 3) + 1 AS quarter,
    (date_part('dow', changed) + 6) % 7 AS weekday,
    CASE WHEN hours > 8000.0 THEN 8000.0 ELSE hours END AS capped,
    CAST(hours AS BIGINT) AS whole,
    CASE WHEN hours > 100 THEN hours ELSE NULL END AS long
FROM lamps
ORDER BY row_no
