== log.sql
WITH rows_base AS (
    SELECT
        sensor,
        py_hour(py_iso_timestamp(at)) AS hour,
        at,
        py_float(replace(value, ',', '.')) AS value_2,
        row_no
    FROM readings
    WHERE CASE WHEN py_is_iso_timestamp(at) THEN CASE WHEN NOT (py_is_iso_timestamp(at) AND value IS NULL) THEN CASE WHEN NOT CASE WHEN py_is_iso_timestamp(at) THEN CASE WHEN value IS NOT NULL THEN CASE WHEN NOT py_is_iso_timestamp(at) OR value IS NOT NULL THEN NOT py_is_float(replace(value, ',', '.')) ELSE FALSE END ELSE FALSE END ELSE FALSE END THEN CASE WHEN value IS NOT NULL THEN py_is_float(replace(value, ',', '.')) ELSE FALSE END ELSE FALSE END ELSE FALSE END ELSE FALSE END
)
SELECT
    upper(sensor) AS sensor,
    hour,
    CASE WHEN 6 <= hour AND hour < 20 THEN 'day' ELSE 'night' END AS part,
    hour * 60 + py_minute(py_iso_timestamp(at)) AS minute_of_day,
    value_2 AS value,
    py_format_float(value_2 * 9 / 5 + 32, '+.1f') || 'F' AS fahrenheit,
    py_strftime(py_iso_timestamp(at), '%d.%m.%Y %H:%M:%S') AS stamp
FROM rows_base
ORDER BY row_no
