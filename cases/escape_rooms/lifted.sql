== marked.sql
WITH totals AS (
    SELECT coalesce(pandas_sum(array_agg(price ORDER BY row_no)), 0.0) AS price
    FROM bookings
)
SELECT
    booking,
    room,
    CASE WHEN players >= 5 THEN 'group' ELSE 'small' END AS size,
    CASE WHEN price > 80 THEN 'high' WHEN price > 40 THEN 'middle' ELSE 'low' END AS class,
    price / (SELECT price FROM totals) AS share,
    price / players AS per_head
FROM bookings
ORDER BY row_no
