== station_km.sql
WITH km_running AS (
    SELECT
        row_no,
        from_station,
        sum(km) OVER (PARTITION BY from_station ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_km
    FROM links
)
SELECT from_station AS station, py_round(last_value(running_km ORDER BY row_no) + 0.0, 1) AS km
FROM km_running
GROUP BY from_station
ORDER BY min(row_no)
