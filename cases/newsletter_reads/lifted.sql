== long.sql
WITH "top" AS (
    SELECT issue, opened, clicked, row_no
    FROM issues
    ORDER BY opened DESC, row_no
    LIMIT 2
),
numbered AS (
    SELECT
        issue,
        'opened' AS measure,
        opened AS people,
        CAST(row_number() OVER (ORDER BY opened DESC, row_no) AS BIGINT) AS row_position
    FROM "top"
),
numbered_2 AS (
    SELECT
        issue,
        'clicked' AS measure,
        clicked AS people,
        CAST(row_number() OVER (ORDER BY opened DESC, row_no) AS BIGINT) AS row_position
    FROM "top"
),
long AS (
    SELECT issue, measure, people, 1 AS branch, row_position
    FROM numbered
    UNION ALL
    SELECT issue, measure, people, 2 AS branch, row_position
    FROM numbered_2
),
long_numbered AS (
    SELECT
        issue,
        measure,
        people,
        CAST(row_number() OVER (ORDER BY branch, row_position) AS BIGINT) AS row_position
    FROM long
),
long_2 AS (
    SELECT issue, measure, people, 1 AS branch, row_position
    FROM long_numbered
    UNION ALL
    SELECT issue, 'all' AS measure, clicked AS people, 2 AS branch, row_no AS row_position
    FROM issues
)
SELECT issue, measure, people
FROM long_2
ORDER BY branch, row_position
