== served.sql
WITH kept AS (
    SELECT order_no, cups, tip, row_no
    FROM orders
    WHERE tea <> 'mint' OR cups > 3
),
totals AS (
    SELECT coalesce(bool_or(cups IS NULL), FALSE) AS cups_missing
    FROM kept
),
orders_2 AS (
    SELECT
        order_no,
        CAST(cups AS DOUBLE) AS cups,
        nanvl(tip, NULL) AS tip,
        nanvl(tip, NULL) + 0.0 AS sort_key,
        row_no
    FROM kept
)
SELECT
    order_no AS "order",
    CASE WHEN cups IS NULL THEN NULL WHEN (SELECT cups_missing FROM totals) THEN coalesce(py_repr(cups), 'nan') ELSE CAST(CAST(cups AS BIGINT) AS VARCHAR) END AS cups,
    CASE WHEN tip IS NULL THEN 0.0 ELSE tip END AS tip
FROM orders_2
ORDER BY sort_key NULLS FIRST, order_no, row_no
