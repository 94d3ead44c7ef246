== paid.sql
SELECT
    claim_no,
    policy,
    CAST(CAST(CASE WHEN amount - CAST(150.00 AS DECIMAL(5, 2)) <= 0 THEN CAST(0.00 AS DECIMAL(3, 2)) WHEN quantize((amount - CAST(150.00 AS DECIMAL(5, 2))) * share, 2, 'ROUND_HALF_UP') > CAST(5000 AS DECIMAL(4, 0)) THEN CAST(5000 AS DECIMAL(4, 0)) ELSE quantize((amount - CAST(150.00 AS DECIMAL(5, 2))) * share, 2, 'ROUND_HALF_UP') END AS VARCHAR) AS DOUBLE) AS paid
FROM claims
ORDER BY row_no
== per_policy.sql
SELECT
    policy,
    count(*) AS claims,
    CAST(CAST(sum(CASE WHEN amount - CAST(150.00 AS DECIMAL(5, 2)) <= 0 THEN CAST(0.00 AS DECIMAL(3, 2)) WHEN quantize((amount - CAST(150.00 AS DECIMAL(5, 2))) * share, 2, 'ROUND_HALF_UP') > CAST(5000 AS DECIMAL(4, 0)) THEN CAST(5000 AS DECIMAL(4, 0)) ELSE quantize((amount - CAST(150.00 AS DECIMAL(5, 2))) * share, 2, 'ROUND_HALF_UP') END) AS VARCHAR) AS DOUBLE) AS total
FROM claims
GROUP BY policy
ORDER BY min(row_no)
