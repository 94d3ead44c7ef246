== result.sql
SELECT
    permit,
    sqlite_int_of_text(load) * 2 AS doubled,
    sqlite_real_of_text(load) / 4.0 AS quarter,
    sqlite_round(sqlite_real_of_text(load), 1, '3.40.1') AS rounded,
    sqlite_int_of_text(substr(CAST(issued AS VARCHAR), 1, 4)) - 2000 AS year,
    sqlite_int_of_text(substr(CAST(issued AS VARCHAR), 6, 2)) * 100 + sqlite_int_of_text(substr(CAST(issued AS VARCHAR), 9, 2)) AS day,
    0 AS never
FROM permits
ORDER BY permit, row_no
