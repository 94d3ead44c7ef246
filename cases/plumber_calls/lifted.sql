== open_calls.sql
WITH computed AS (
    SELECT
        call_no AS number,
        state,
        minutes,
        py_has_pattern(note, 'water.*(now|today)') AS urgent,
        py_has_pattern(note, 'price|quote|how much') AS quote,
        py_has_pattern(note, '^[A-Z]{2}[0-9]+ ') AS coded,
        row_no
    FROM calls
)
SELECT number, urgent, quote, coded, minutes
FROM computed
WHERE NOT py_has_pattern(state, '^(done|refused)')
  AND (urgent OR coded OR minutes > 30)
ORDER BY number DESC, row_no
