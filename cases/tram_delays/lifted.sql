== bands.sql
WITH "rows" AS (
    SELECT
        line,
        delay_s,
        row_no,
        CASE WHEN delay_s < -60 THEN 'early' WHEN delay_s <= 180 THEN 'on time' ELSE 'late' END AS key_2
    FROM stops
    WHERE line IS NOT NULL
),
counts AS (
    SELECT line, key_2, count(*) AS counts, min(row_no) AS first_seen
    FROM "rows"
    GROUP BY line, key_2
)
SELECT
    line,
    key_2 AS band,
    counts AS n,
    CASE WHEN line IS NULL THEN 'None' ELSE line END || '/' || key_2 || ': ' || CAST(counts AS VARCHAR) AS text
FROM counts
ORDER BY first_seen
== late.sql
SELECT
    line,
    upper(stop) AS stop,
    py_floordiv(delay_s, 60) AS minutes,
    py_mod(delay_s, 60) AS rest
FROM stops
WHERE line IS NOT NULL
  AND (delay_s > 180 OR delay_s < -60)
ORDER BY row_no
