== lines.sql
WITH checks_prepared AS (
    SELECT
        km,
        passed,
        replace(replace(upper(py_strip(plate)), ' ', ''), '-', '') AS plate_2,
        CASE WHEN code <> '' THEN code ELSE 'N0000' END AS code_2,
        row_no
    FROM checks
),
checks_prepared_base AS (
    SELECT
        km,
        plate_2,
        code_2,
        left(code_2, 1) AS "group",
        substr(code_2, 2) AS number,
        passed,
        row_no
    FROM checks_prepared
),
checks_prepared_2 AS (
    SELECT
        km,
        plate_2,
        code_2,
        "group",
        number,
        CASE WHEN passed AND CASE WHEN starts_with(code_2, 'B') THEN 'brakes' WHEN starts_with(code_2, 'L') AND contains(number, '9') THEN 'lights, severe' WHEN "group" IN ('L', 'E') THEN 'electrics' ELSE 'other' END <> 'brakes' THEN 'ok' ELSE 'again' END AS result,
        row_no
    FROM checks_prepared_base
)
SELECT
    plate_2 AS plate,
    CASE WHEN starts_with(code_2, 'B') THEN 'brakes' WHEN starts_with(code_2, 'L') AND contains(number, '9') THEN 'lights, severe' WHEN "group" IN ('L', 'E') THEN 'electrics' ELSE 'other' END AS topic,
    number,
    py_floordiv(km, 1000) AS thousands,
    result,
    plate_2 || ':' || result || ' (' || CAST(km AS VARCHAR) || ' km)' AS text,
    character_length(plate_2) AS length
FROM checks_prepared_2
ORDER BY row_no
