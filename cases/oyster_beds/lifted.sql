== per_owner.sql
WITH running AS (
    SELECT
        nanvl(salinity, NULL) + 0.0 AS salinity,
        row_no,
        owner,
        sum(CAST(dozens AS DOUBLE) + 0.0) OVER (PARTITION BY owner ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_dozens,
        sum(nanvl(salinity, NULL) + 0.0) OVER (PARTITION BY owner ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_salinity
    FROM beds
)
SELECT
    owner,
    count(*) AS beds,
    last_value(running_dozens ORDER BY row_no) AS dozens,
    last_value(running_salinity ORDER BY row_no) / count(salinity) AS salinity
FROM running
GROUP BY owner
ORDER BY owner NULLS FIRST
== per_owner_out.sql
WITH running AS (
    SELECT
        nanvl(salinity, NULL) + 0.0 AS salinity,
        row_no,
        owner,
        sum(CAST(dozens AS DOUBLE) + 0.0) OVER (PARTITION BY owner ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_dozens,
        sum(nanvl(salinity, NULL) + 0.0) OVER (PARTITION BY owner ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_salinity
    FROM beds
)
SELECT
    owner,
    count(*) AS beds,
    last_value(running_dozens ORDER BY row_no) AS dozens,
    last_value(running_salinity ORDER BY row_no) / count(salinity) AS salinity
FROM running
GROUP BY owner
ORDER BY owner NULLS FIRST
