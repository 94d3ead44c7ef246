== plan.sql
SELECT
    show,
    py_strftime(py_strptime(CAST((SELECT effective_date FROM run_parameters) AS VARCHAR) || ' ' || starts, '%Y-%m-%d %H:%M'), '%H:%M') AS begin,
    py_strftime(py_add_microseconds(py_strptime(CAST((SELECT effective_date FROM run_parameters) AS VARCHAR) || ' ' || starts, '%Y-%m-%d %H:%M'), minutes * 60000000), '%a %H:%M') AS "end",
    CASE WHEN minutes * 60000000 >= 7200000000 THEN 'long' ELSE 'short' END AS kind,
    CAST(py_add_microseconds(py_strptime(CAST((SELECT effective_date FROM run_parameters) AS VARCHAR) || ' ' || starts, '%Y-%m-%d %H:%M'), minutes * 60000000) AS DATE) > (SELECT effective_date FROM run_parameters) AS spill,
    py_floordiv(py_floordiv(py_mod(py_microseconds_between(py_add_microseconds(py_strptime(CAST((SELECT effective_date FROM run_parameters) AS VARCHAR) || ' ' || starts, '%Y-%m-%d %H:%M'), minutes * 60000000), py_strptime(CAST((SELECT effective_date FROM run_parameters) AS VARCHAR) || ' ' || starts, '%Y-%m-%d %H:%M')), 86400000000), 1000000), 60) AS minutes,
    CAST(py_microseconds_between(py_add_microseconds(py_strptime(CAST((SELECT effective_date FROM run_parameters) AS VARCHAR) || ' ' || starts, '%Y-%m-%d %H:%M'), minutes * 60000000), py_midnight(py_date(date_part('year', (SELECT effective_date FROM run_parameters)), date_part('month', (SELECT effective_date FROM run_parameters)), date_part('day', (SELECT effective_date FROM run_parameters))))) AS DOUBLE) / 1000000 / 3600 AS hours,
    py_timestamp_iso(py_at_time(py_midnight(CAST(py_add_microseconds(py_strptime(CAST((SELECT effective_date FROM run_parameters) AS VARCHAR) || ' ' || starts, '%Y-%m-%d %H:%M'), minutes * 60000000) AS DATE)), py_hour(py_add_microseconds(py_strptime(CAST((SELECT effective_date FROM run_parameters) AS VARCHAR) || ' ' || starts, '%Y-%m-%d %H:%M'), minutes * 60000000)), 0, 0, py_microsecond(py_add_microseconds(py_strptime(CAST((SELECT effective_date FROM run_parameters) AS VARCHAR) || ' ' || starts, '%Y-%m-%d %H:%M'), minutes * 60000000)))) AS slot
FROM shows
ORDER BY row_no
