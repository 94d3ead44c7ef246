WITH visits_2 AS (
    SELECT visit_id, to_char(came_at, '%Y-%m-%dT%H:%M:%S') AS came_at, row_no
    FROM visits
)
SELECT
    visit_id,
    substr(came_at, 1, 10) AS day,
    sqlite_time(came_at) AS clock,
    sqlite_datetime(came_at) AS stamp,
    substr(came_at, 12, 2) AS hour,
    sqlite_datetime(came_at, '+90 minutes') AS later,
    sqlite_strftime('%Y-%m-%d %H:%M:%S', came_at) AS spelled,
    sqlite_date(came_at, '+1 day') AS next_day,
    (sqlite_julianday(came_at) - sqlite_julianday('2024-01-01')) * 24 AS hours
FROM visits_2
ORDER BY row_no
-- level: Flat; visits(visit_id, came_at + row_no)
