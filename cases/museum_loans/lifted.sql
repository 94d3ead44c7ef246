== reminders.sql
WITH loans_prepared AS (
    SELECT
        piece,
        since,
        back,
        date_part('year', since) * 12 + date_part('month', since) - 1 + months AS total,
        row_no
    FROM loans
),
rows_base AS (
    SELECT
        piece,
        py_date(py_floordiv(total, 12), py_mod(total, 12) + 1, least(date_part('day', since), py_days_in_month(py_floordiv(total, 12), py_mod(total, 12) + 1))) AS due,
        back,
        since,
        total,
        row_no
    FROM loans_prepared
    WHERE CASE WHEN CASE WHEN NOT py_is_date(py_floordiv(total, 12), py_mod(total, 12) + 1, 1) THEN TRUE ELSE CASE WHEN CASE WHEN py_is_date(py_floordiv(total, 12), py_mod(total, 12) + 1, 1) THEN date_part('day', since) > py_days_in_month(py_floordiv(total, 12), py_mod(total, 12) + 1) ELSE FALSE END THEN TRUE ELSE CASE WHEN py_is_date(py_floordiv(total, 12), py_mod(total, 12) + 1, 1) THEN CASE WHEN NOT (date_part('day', since) > py_days_in_month(py_floordiv(total, 12), py_mod(total, 12) + 1)) THEN NOT py_is_date(py_floordiv(total, 12), py_mod(total, 12) + 1, least(date_part('day', since), py_days_in_month(py_floordiv(total, 12), py_mod(total, 12) + 1))) ELSE FALSE END ELSE FALSE END END END THEN TRUE ELSE CASE WHEN NOT (date_part('day', since) > py_days_in_month(py_floordiv(total, 12), py_mod(total, 12) + 1)) THEN py_is_date(py_floordiv(total, 12), py_mod(total, 12) + 1, least(date_part('day', since), py_days_in_month(py_floordiv(total, 12), py_mod(total, 12) + 1))) ELSE FALSE END END
)
SELECT
    piece,
    due,
    CASE WHEN CASE WHEN NOT py_is_date(py_floordiv(total, 12), py_mod(total, 12) + 1, 1) THEN TRUE ELSE CASE WHEN CASE WHEN py_is_date(py_floordiv(total, 12), py_mod(total, 12) + 1, 1) THEN date_part('day', since) > py_days_in_month(py_floordiv(total, 12), py_mod(total, 12) + 1) ELSE FALSE END THEN TRUE ELSE CASE WHEN py_is_date(py_floordiv(total, 12), py_mod(total, 12) + 1, 1) THEN CASE WHEN NOT (date_part('day', since) > py_days_in_month(py_floordiv(total, 12), py_mod(total, 12) + 1)) THEN NOT py_is_date(py_floordiv(total, 12), py_mod(total, 12) + 1, least(date_part('day', since), py_days_in_month(py_floordiv(total, 12), py_mod(total, 12) + 1))) ELSE FALSE END ELSE FALSE END END END THEN 'none' ELSE CAST(due AS VARCHAR) END AS strict,
    CASE WHEN back IS NULL THEN (SELECT effective_date FROM run_parameters) ELSE back END > due AS late,
    CASE WHEN back IS NULL THEN (SELECT effective_date FROM run_parameters) ELSE back END - since AS days,
    py_format_int(date_part('isoyear', due), '>d') || '-W' || py_format_int(date_part('week', due), '02d') AS week,
    left(py_month_name(date_part('month', due)), 3) || (' ' || to_char(due, '%y')) AS month,
    'Q' || CAST(py_floordiv(date_part('month', due) + 2, 3) AS VARCHAR) AS quarter,
    due = py_date(date_part('year', due), date_part('month', due), date_part('day', CAST(date_trunc('month', due) + INTERVAL '1 month' - INTERVAL '1 day' AS DATE))) AS "last",
    py_is_date(date_part('year', due), 2, 29) AS leap
FROM rows_base
ORDER BY row_no
