== gaps.sql
SELECT
    port,
    CAST(py_floordiv(py_floordiv(CASE WHEN py_microseconds_between(py_strptime(low, '%H:%M'), py_strptime(high, '%H:%M')) < 0 THEN py_microseconds_between(py_strptime(low, '%H:%M'), py_strptime(high, '%H:%M')) + 86400000000 ELSE py_microseconds_between(py_strptime(low, '%H:%M'), py_strptime(high, '%H:%M')) END, 60000000), 60) AS VARCHAR) || 'h' || py_format_int(py_mod(py_floordiv(CASE WHEN py_microseconds_between(py_strptime(low, '%H:%M'), py_strptime(high, '%H:%M')) < 0 THEN py_microseconds_between(py_strptime(low, '%H:%M'), py_strptime(high, '%H:%M')) + 86400000000 ELSE py_microseconds_between(py_strptime(low, '%H:%M'), py_strptime(high, '%H:%M')) END, 60000000), 60), '02d') AS gap,
    py_strftime(py_add_microseconds(py_strptime(high, '%H:%M'), py_floordiv(py_floordiv(CASE WHEN py_microseconds_between(py_strptime(low, '%H:%M'), py_strptime(high, '%H:%M')) < 0 THEN py_microseconds_between(py_strptime(low, '%H:%M'), py_strptime(high, '%H:%M')) + 86400000000 ELSE py_microseconds_between(py_strptime(low, '%H:%M'), py_strptime(high, '%H:%M')) END, 60000000), 2) * 60000000), '%H:%M') AS half,
    py_round(CAST(CASE WHEN py_microseconds_between(py_strptime(low, '%H:%M'), py_strptime(high, '%H:%M')) < 0 THEN py_microseconds_between(py_strptime(low, '%H:%M'), py_strptime(high, '%H:%M')) + 86400000000 ELSE py_microseconds_between(py_strptime(low, '%H:%M'), py_strptime(high, '%H:%M')) END AS DOUBLE) / 86400000000, 5) AS share,
    CASE WHEN py_hour(py_strptime(high, '%H:%M')) >= 22 THEN TRUE ELSE py_hour(py_strptime(high, '%H:%M')) < 6 END AS night,
    py_strftime(py_strptime(high, '%H:%M'), '%I:%M %p') AS am
FROM tides
ORDER BY row_no
