== summary.sql
SELECT
    patient,
    count(*) AS invoices,
    pandas_group_sum(array_agg(amount ORDER BY row_no)) AS total,
    pandas_group_mean(array_agg(amount ORDER BY row_no)) AS mean,
    pandas_median(array_agg(amount)) AS middle,
    max(amount) - min(amount) AS spread,
    count(DISTINCT kind) AS kinds,
    first_value(kind ORDER BY row_no) AS "first"
FROM invoices
WHERE patient IS NOT NULL
GROUP BY patient
ORDER BY patient NULLS LAST
