== zones.sql
WITH zones_base AS (
    SELECT
        letter,
        CASE WHEN code <> '' THEN CASE WHEN NOT py_isdigit(code) THEN CASE WHEN py_isalpha(py_char(code, 0)) THEN 'X' ELSE '?' END ELSE py_char('AABBCCDDEE', py_int(py_char(code, 0))) END ELSE '?' END AS zone,
        code,
        grams,
        row_no
    FROM letters
)
SELECT
    letter,
    zone,
    CASE WHEN py_isdigit(left(py_ljust(code, 5, '0'), 5)) THEN py_mod(10 - py_mod(py_int(py_char(left(py_ljust(code, 5, '0'), 5), 0)) * 3 + py_int(py_char(left(py_ljust(code, 5, '0'), 5), 1)) + py_int(py_char(left(py_ljust(code, 5, '0'), 5), 2)) * 3 + py_int(py_char(left(py_ljust(code, 5, '0'), 5), 3)) + py_int(py_char(left(py_ljust(code, 5, '0'), 5), 4)) * 3, 10), 10) ELSE -1 END AS check,
    CASE WHEN grams <= 20 THEN 85 WHEN grams <= 50 THEN 100 ELSE 160 END + py_find('ABCDEX?', zone) * 10 AS price,
    CASE WHEN right(code, 2) <> '' THEN right(code, 2) ELSE '--' END AS "end",
    py_center(py_slice(code, 1, -1), 5, '*') AS mid
FROM zones_base
ORDER BY row_no
