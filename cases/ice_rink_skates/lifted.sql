== labels.sql
WITH totals AS (
    SELECT coalesce(bool_or(size IS NULL), FALSE) AS size_missing
    FROM skates
)
SELECT
    CASE WHEN CAST(size AS DOUBLE) IS NULL THEN 'unknown' ELSE 'size ' || CASE WHEN (SELECT size_missing FROM totals) THEN coalesce(py_repr(CAST(size AS DOUBLE)), 'nan') ELSE CAST(size AS VARCHAR) END END AS label,
    hours
FROM skates
ORDER BY row_no
