== result.sql
WITH windowed AS (
    SELECT pick, tree, crates, lead(crates, 2, 0) OVER (ORDER BY pick, row_no) AS later, row_no
    FROM picks
),
windowed_2 AS (
    SELECT
        pick,
        tree,
        later,
        sum(crates) OVER (PARTITION BY tree ORDER BY pick, row_no ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS three,
        max(crates) OVER (PARTITION BY tree ORDER BY pick, row_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS window_max,
        first_value(crates) OVER (PARTITION BY tree ORDER BY pick, row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "first",
        row_no
    FROM windowed
)
SELECT pick, tree, three, coalesce(window_max, 0) AS best_before, "first", later
FROM windowed_2
ORDER BY pick, tree, row_no
