== valued.sql
WITH totals AS (
    SELECT coalesce(bool_or(pieces IS NULL), FALSE) AS pieces_missing
    FROM leftovers
)
SELECT
    leftovers.shop,
    leftovers.product,
    CASE WHEN CAST(leftovers.pieces AS DOUBLE) IS NULL THEN NULL WHEN (SELECT pieces_missing FROM totals) THEN coalesce(py_repr(CAST(leftovers.pieces AS DOUBLE)), 'nan') ELSE CAST(CAST(CAST(leftovers.pieces AS DOUBLE) AS BIGINT) AS VARCHAR) END AS pieces,
    CASE WHEN nanvl(prices.price, NULL) IS NULL THEN 0.0 ELSE nanvl(prices.price, NULL) END AS price,
    numpy_round(CAST(leftovers.pieces AS DOUBLE) * nanvl(prices.price, NULL), 2) AS value
FROM leftovers
LEFT JOIN prices ON prices.product = leftovers.product
ORDER BY leftovers.shop, leftovers.product, leftovers.row_no, prices.row_no NULLS LAST
