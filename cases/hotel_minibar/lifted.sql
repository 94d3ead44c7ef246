== rooms_out.sql
WITH totals AS (
    SELECT coalesce(bool_or(guests IS NULL), FALSE) AS guests_missing
    FROM rooms
),
bar_running AS (
    SELECT
        row_no,
        room,
        sum(price) OVER (PARTITION BY room ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_bar
    FROM minibar
),
computed AS (
    SELECT room AS bar_room, last_value(running_bar ORDER BY row_no) + 0.0 AS bar
    FROM bar_running
    GROUP BY room
)
SELECT
    rooms.room,
    CASE WHEN CAST(rooms.guests AS DOUBLE) IS NULL THEN NULL WHEN (SELECT guests_missing FROM totals) THEN coalesce(py_repr(CAST(rooms.guests AS DOUBLE)), 'nan') ELSE CAST(CAST(CAST(rooms.guests AS DOUBLE) AS BIGINT) AS VARCHAR) END AS guests,
    CASE WHEN CAST(rooms.guests AS DOUBLE) IS NOT NULL AND CAST(rooms.guests AS DOUBLE) > 2 THEN 'family' WHEN CAST(rooms.guests AS DOUBLE) IS NULL THEN 'unknown' ELSE 'small' END AS kind,
    CASE WHEN computed.bar_room IS NOT NULL THEN computed.bar ELSE 0.0 END AS extra
FROM rooms
LEFT JOIN computed ON computed.bar_room = rooms.room
ORDER BY rooms.row_no
