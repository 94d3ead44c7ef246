== liable.sql
WITH combined AS (
    SELECT ship, quay
    FROM berths
    UNION ALL
    SELECT ship, quay
    FROM pilots
),
seen AS (
    SELECT DISTINCT ship, quay
    FROM combined
),
sorted AS (
    SELECT DISTINCT ship
    FROM seen
    WHERE NOT EXISTS (SELECT 1 FROM exempt WHERE exempt.ship = seen.ship)
),
berths_by_ship AS (
    SELECT ship AS berths_by_ship_ship, sum(hours) AS value
    FROM berths
    GROUP BY ship
),
"both" AS (
    SELECT DISTINCT ship, quay
    FROM berths
    WHERE EXISTS (SELECT 1 FROM pilots WHERE pilots.ship = berths.ship AND (pilots.quay IS NOT DISTINCT FROM berths.quay))
),
ship_in_both AS (
    SELECT DISTINCT ship
    FROM "both"
)
SELECT
    sorted.ship,
    coalesce(berths_by_ship.value, 0) AS hours,
    CASE WHEN ship_in_both.ship IS NOT NULL THEN 'piloted' ELSE '' END AS note
FROM sorted
LEFT JOIN berths_by_ship ON berths_by_ship.berths_by_ship_ship = sorted.ship
LEFT JOIN ship_in_both ON ship_in_both.ship = sorted.ship
ORDER BY sorted.ship
