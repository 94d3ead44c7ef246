== result.sql
WITH total AS (
    SELECT coalesce(sum(crates), 0) AS total
    FROM picks
),
"rows" AS (
    SELECT
        row_no,
        variety,
        crates,
        py_round(CAST(100 * crates AS DOUBLE) / (SELECT total FROM total), 1) AS share
    FROM picks
),
result AS (
    SELECT
        row_no,
        variety,
        crates,
        share,
        CASE WHEN share >= 20 THEN 'main' WHEN crates = 0 THEN 'none' ELSE 'side' END AS grade
    FROM "rows"
    UNION ALL
    SELECT
        0 AS row_no,
        'all' AS variety,
        (SELECT total FROM total) AS crates,
        100.0 AS share,
        '-' AS grade
)
SELECT row_no, variety, crates, share, grade
FROM result
