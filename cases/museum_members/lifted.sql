== latest.sql
WITH ranked AS (
    SELECT
        person,
        plan,
        CAST(since AS VARCHAR) AS since,
        CAST(fee AS DOUBLE) AS fee,
        CAST(until AS VARCHAR) AS until,
        CAST(row_number() OVER (PARTITION BY person ORDER BY CAST(since AS VARCHAR) DESC, CAST(fee AS DOUBLE) DESC, row_no) AS BIGINT) AS rn,
        row_no
    FROM memberships
)
SELECT
    person,
    plan,
    fee,
    sqlite_date(since, '+1 month') AS first_renewal,
    sqlite_date(since, 'start of month') AS month_start,
    CAST(sqlite_julianday(coalesce(until, '2024-12-31')) - sqlite_julianday(since) AS BIGINT) AS days,
    sqlite_strftime('%j', since) AS day_of_year
FROM ranked
WHERE rn = 1
ORDER BY person, since DESC, fee DESC, row_no
