== late.sql
WITH different AS (
    SELECT DISTINCT order_no, grower
    FROM bottles
),
computed AS (
    SELECT order_no AS dictionary_order_no, count(*) AS count
    FROM different
    GROUP BY order_no
),
different_2 AS (
    SELECT DISTINCT order_no, grower
    FROM bottles
    WHERE delivered > promised
),
computed_2 AS (
    SELECT order_no AS dictionary_order_no_2, count(*) AS dictionary_count
    FROM different_2
    GROUP BY order_no
),
joined AS (
    SELECT
        bottles.grower,
        bottles.promised,
        bottles.delivered,
        computed.count,
        computed.dictionary_order_no IS NOT NULL AS in_dictionary,
        computed_2.dictionary_count,
        computed_2.dictionary_order_no_2 IS NOT NULL AS in_dictionary_2
    FROM bottles
    LEFT JOIN computed ON computed.dictionary_order_no = bottles.order_no
    LEFT JOIN computed_2 ON computed_2.dictionary_order_no_2 = bottles.order_no
)
SELECT grower, count(*) AS waits
FROM joined
WHERE NOT (delivered <= promised)
  AND CASE WHEN in_dictionary THEN count ELSE 0 END > 1
  AND CASE WHEN in_dictionary_2 THEN dictionary_count ELSE 0 END = 1
GROUP BY grower
ORDER BY waits DESC, grower
LIMIT 3
