== totals.sql
SELECT orchard, kind, pandas_group_sum(array_agg(kg ORDER BY row_no)) AS kg
FROM crates
WHERE kind IS NOT NULL
GROUP BY orchard, kind
ORDER BY orchard, kind NULLS LAST
