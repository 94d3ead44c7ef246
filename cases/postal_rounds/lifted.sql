== result.sql
WITH "rows" AS (
    SELECT rounds.round_no AS item_1, houses.street AS item_2, houses.number AS item_3
    FROM rounds
    JOIN houses ON houses.street = rounds.street
    WHERE rounds.round_no < 3
      AND NOT (houses.dog <> 0)
),
mapping AS (
    SELECT DISTINCT item_2
    FROM "rows"
),
joined AS (
    SELECT houses.street, houses.number, mapping.item_2 IS NOT NULL AS in_mapping
    FROM houses
    LEFT JOIN mapping ON mapping.item_2 = houses.street
),
combined AS (
    SELECT item_1, item_2, item_3
    FROM "rows"
    UNION ALL
    SELECT 0 AS item_1, street AS item_2, number AS item_3
    FROM joined
    WHERE NOT in_mapping
)
SELECT item_1 AS round_no, item_2 AS street, item_3 AS number
FROM combined
