== result.sql
WITH ranked AS (
    SELECT
        kiln AS kiln_2,
        batch AS item,
        row_number() OVER (PARTITION BY kiln ORDER BY row_no) AS nth
    FROM firings
    WHERE NOT (ok <> 0)
),
ranked_2 AS (
    SELECT
        kiln AS kiln_2,
        batch,
        degrees,
        row_number() OVER (PARTITION BY kiln ORDER BY degrees DESC, row_no) AS nth
    FROM firings
),
joined AS (
    SELECT
        kilns.kiln,
        CASE WHEN ranked.kiln_2 IS NOT NULL THEN ranked.item ELSE -1 END AS failed,
        ranked_2.batch,
        ranked_2.degrees,
        ranked_2.kiln_2 IS NOT NULL AS in_dictionary
    FROM kilns
    LEFT JOIN ranked ON ranked.kiln_2 = kilns.kiln AND ranked.nth = 1
    LEFT JOIN ranked_2 ON ranked_2.kiln_2 = kilns.kiln AND ranked_2.nth = 1
)
SELECT
    kiln,
    CASE WHEN in_dictionary THEN batch ELSE 0 END AS batch,
    CASE WHEN in_dictionary THEN degrees ELSE 0 END AS degrees,
    failed
FROM joined
