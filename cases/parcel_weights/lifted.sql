== weights.sql
SELECT
    parcel,
    CASE WHEN weight IS NOT NULL AND py_is_float(weight) AND (weight IS NULL OR py_is_float(weight)) THEN py_float(weight) ELSE 0.0 END AS weight
FROM parcels
ORDER BY row_no
