== due.sql
WITH rows_base AS (
    SELECT
        plate,
        -py_floordiv(-minutes, 60) * CASE WHEN 'A' = zone THEN 4.0 ELSE 2.5 END AS due,
        minutes,
        row_no
    FROM fines
)
SELECT
    replace(plate, ' ', '') AS plate,
    -py_floordiv(-minutes, 60) AS hours,
    due,
    py_round(due / minutes, 4) AS per_minute
FROM rows_base
ORDER BY row_no
