== podium.sql
WITH picks_2 AS (
    SELECT "sort", crates, coalesce("sort", 'unknown') AS sort_2
    FROM picks
),
sorted AS (
    SELECT sort_2 AS "sort", sum(crates) AS crates
    FROM picks_2
    GROUP BY sort_2
),
windowed AS (
    SELECT
        "sort",
        crates,
        CASE WHEN crates > 5 THEN 'good' ELSE 'fair' END AS harvest,
        coalesce(nullif("sort", 'unknown'), '-') AS label,
        CAST(row_number() OVER (ORDER BY crates DESC, "sort") AS BIGINT) AS row_number
    FROM sorted
)
SELECT "sort", crates, harvest, label
FROM windowed
WHERE row_number > 1
ORDER BY crates DESC, "sort"
LIMIT 3
