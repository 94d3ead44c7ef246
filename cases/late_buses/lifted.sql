== lines.sql
WITH trips_2 AS (
    SELECT line, count(*) AS trips, min(row_no) AS first_seen
    FROM trips
    GROUP BY line
),
computed AS (
    SELECT line AS late_line, bool_or((remark IS NOT DISTINCT FROM 'late')) AS late
    FROM trips
    GROUP BY line
),
computed_2 AS (
    SELECT line AS quiet_line, bool_and((remark IS NOT DISTINCT FROM 'quiet')) AS quiet
    FROM trips
    GROUP BY line
)
SELECT trips_2.line, trips_2.trips, computed.late, computed_2.quiet
FROM trips_2
LEFT JOIN computed ON computed.late_line = trips_2.line
LEFT JOIN computed_2 ON computed_2.quiet_line = trips_2.line
ORDER BY trips_2.first_seen
