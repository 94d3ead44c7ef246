== clocked.sql
SELECT
    gauge,
    sqlite_time(to_char(at, '%Y-%m-%dT%H:%M:%S')) AS clock,
    substr(to_char(at, '%Y-%m-%dT%H:%M:%S'), 12, 5) AS short_clock,
    sqlite_datetime(to_char(at, '%Y-%m-%dT%H:%M:%S'), '+90 minutes') AS later,
    sqlite_round((sqlite_julianday(to_char(at, '%Y-%m-%dT%H:%M:%S')) - sqlite_julianday(sqlite_date(to_char(at, '%Y-%m-%dT%H:%M:%S'), 'start of month'))) * 24, 2, '3.40.1') AS hours,
    sqlite_round(nanvl(level, NULL) + 0.0, 1, '3.40.1') AS level,
    CASE WHEN sqlite_int_of_text(sqlite_strftime('%w', to_char(at, '%Y-%m-%dT%H:%M:%S'))) = 0 THEN 'sun' WHEN sqlite_int_of_text(sqlite_strftime('%w', to_char(at, '%Y-%m-%dT%H:%M:%S'))) = 6 THEN 'sat' ELSE 'week' END AS kind
FROM levels
ORDER BY row_no
