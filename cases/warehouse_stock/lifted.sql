== stock.sql
WITH computed AS (
    SELECT py_strip(article) AS key, counted_at, quantity, shelf, row_no
    FROM counts
),
different AS (
    SELECT key AS first_key, min(row_no) AS first_seen
    FROM computed
    GROUP BY key
),
ranked AS (
    SELECT
        key,
        counted_at,
        quantity,
        shelf,
        row_number() OVER (PARTITION BY key ORDER BY counted_at DESC, row_no DESC) AS nth
    FROM computed
)
SELECT
    ranked.key AS article,
    ranked.quantity,
    ranked.shelf,
    ranked.counted_at,
    CASE WHEN ranked.quantity <> 0 THEN 'no' ELSE 'yes' END AS empty
FROM different
JOIN ranked ON ranked.key = different.first_key
WHERE ranked.nth = 1
ORDER BY different.first_seen
