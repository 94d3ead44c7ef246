== fullest.sql
WITH computed AS (
    SELECT house AS "house of its group", max(guests) AS "guests of group"
    FROM rooms
    GROUP BY house
),
rooms_2 AS (
    SELECT
        rooms.house,
        rooms.room,
        rooms.guests,
        rooms.rate,
        computed."guests of group" AS most,
        rooms.row_no
    FROM rooms
    LEFT JOIN computed ON computed."house of its group" = rooms.house
),
computed_2 AS (
    SELECT
        house AS "house of its group",
        pandas_group_mean(array_agg(rate ORDER BY row_no)) AS "rate of group"
    FROM rooms_2
    GROUP BY house
),
rooms_3 AS (
    SELECT
        rooms_2.house,
        rooms_2.room,
        rooms_2.guests,
        computed_2."rate of group" AS mean_rate,
        rooms_2.most - rooms_2.guests AS behind,
        rooms_2.row_no
    FROM rooms_2
    LEFT JOIN computed_2 ON computed_2."house of its group" = rooms_2.house
),
windowed AS (
    SELECT
        house,
        room,
        guests,
        mean_rate,
        CAST(row_number() OVER (PARTITION BY house ORDER BY row_no) AS BIGINT) AS place,
        count(1) OVER (PARTITION BY house ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "rows",
        row_no
    FROM rooms_3
    WHERE behind = 0
)
SELECT house, room, guests, mean_rate
FROM windowed
WHERE "rows" = place
ORDER BY row_no
