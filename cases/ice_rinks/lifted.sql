== result.sql
WITH different AS (
    SELECT largest, smallest, min(row_no) AS first_seen
    FROM rinks
    GROUP BY largest, smallest
),
"first" AS (
    SELECT
        different.largest AS first_largest_2,
        different.smallest AS first_smallest,
        count(*) FILTER (WHERE NOT (skates.size < different.smallest) AND NOT (skates.size > different.largest)) AS fitting,
        first_value(skates.skater ORDER BY different.first_seen, skates.row_no) FILTER (WHERE NOT (skates.size < different.smallest) AND NOT (skates.size > different.largest)) AS "first",
        CASE WHEN bool_or(NOT (skates.size < different.smallest) AND NOT (skates.size > different.largest)) THEN greatest(0, max(skates.size) FILTER (WHERE NOT (skates.size < different.smallest) AND NOT (skates.size > different.largest))) ELSE 0 END AS first_largest
    FROM different
    CROSS JOIN skates
    GROUP BY different.largest, different.smallest
),
joined AS (
    SELECT
        rinks.rink,
        "first".fitting,
        "first"."first",
        "first".first_largest,
        "first".first_largest_2 IS NOT NULL AS in_first,
        rinks.row_no
    FROM rinks
    LEFT JOIN "first" ON "first".first_largest_2 = rinks.largest AND "first".first_smallest = rinks.smallest
)
SELECT
    rink,
    CASE WHEN in_first THEN fitting ELSE 0 END AS fitting,
    CASE WHEN in_first THEN "first" ELSE NULL END AS "first",
    CASE WHEN in_first THEN first_largest ELSE 0 END AS largest
FROM joined
