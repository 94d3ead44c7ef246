== fleet.sql
WITH computed AS (
    SELECT moped, last_value(km ORDER BY row_no) AS km, count(*) AS rides
    FROM rides
    GROUP BY moped
),
joined AS (
    SELECT
        mopeds.moped,
        mopeds.plate,
        computed.km,
        computed_2.rides AS "rides mapped",
        computed_2.moped IS NOT NULL AS matched,
        mopeds.row_no
    FROM mopeds
    LEFT JOIN computed ON computed.moped = mopeds.moped
    LEFT JOIN computed AS computed_2 ON computed_2.moped = mopeds.moped
),
totals AS (
    SELECT coalesce(bool_or(NOT matched), FALSE) AS unmatched
    FROM joined
)
SELECT
    moped,
    plate,
    km,
    CASE WHEN CAST("rides mapped" AS DOUBLE) IS NULL THEN NULL WHEN (SELECT unmatched FROM totals) THEN coalesce(py_repr(CAST("rides mapped" AS DOUBLE)), 'nan') ELSE CAST("rides mapped" AS VARCHAR) END AS rides
FROM joined
ORDER BY row_no
