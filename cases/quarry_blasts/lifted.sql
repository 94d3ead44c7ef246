== totals.sql
WITH blasts_carried AS (
    SELECT
        blast,
        face,
        tons AS value,
        row_no,
        run_loop('columns { value } { creates true, presence begun_again, slot "sum before" after "sum after" first add(0.0, subtract(value, 0.0)) next add(previous("sum before"), subtract(value, previous("correction before"))), slot "correction before" after "correction after" first subtract(subtract(add(0.0, subtract(value, 0.0)), 0.0), subtract(value, 0.0)) next subtract(subtract(add(previous("sum before"), subtract(value, previous("correction before"))), previous("sum before")), subtract(value, previous("correction before"))) }', named_struct('sum before', CAST(NULL AS DOUBLE), 'sum after', CAST(NULL AS DOUBLE), 'correction before', CAST(NULL AS DOUBLE), 'correction after', CAST(NULL AS DOUBLE)), tons) OVER (PARTITION BY face ORDER BY row_no) AS carried
    FROM blasts
)
SELECT blast, get_field(carried, 'sum after') AS total
FROM blasts_carried
ORDER BY row_no
