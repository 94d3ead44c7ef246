== ships.sql
WITH fleet AS (
    SELECT
        first_value(ship ORDER BY row_no) AS name,
        sum(passengers) AS people,
        sum(lorries) AS lorries,
        count(*) AS trips,
        min(row_no) AS first_seen
    FROM crossings
    GROUP BY ship
)
SELECT
    name AS ship,
    trips,
    people,
    lorries,
    CASE WHEN people > 400 * trips THEN 'overloaded' ELSE 'fine' END AS state
FROM fleet
ORDER BY first_seen
