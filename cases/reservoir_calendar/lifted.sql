== result.sql
WITH sorted AS (
    SELECT reading, CAST(taken AS VARCHAR) AS taken, nanvl(metres, NULL) + 0.0 AS metres, row_no
    FROM levels
)
SELECT
    reading,
    sqlite_date(taken, 'start of month', '+1 month', '-1 day') AS month_end,
    sqlite_date(taken, 'weekday 1') AS monday,
    sqlite_strftime('%Y', taken, '-1 year') AS year_before,
    CAST(sqlite_julianday(taken) - sqlite_julianday(sqlite_date(taken, 'start of year')) AS BIGINT) AS day_of_year,
    sqlite_format('%06.2f', metres, '3.40.1') AS shown,
    CASE WHEN metres > 3 THEN 'high' ELSE 'low' END AS state
FROM sorted
ORDER BY taken, row_no
