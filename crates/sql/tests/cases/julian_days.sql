WITH base AS (
    -- the rows of orders that pass the filter
    SELECT
        order_id,
        CAST(shipped_on - placed_on AS DOUBLE) AS days,
        CAST(placed_on AS VARCHAR) AS placed_on,
        row_no
    FROM orders
    WHERE sqlite_julianday('2024-03-01') - sqlite_julianday(CAST(placed_on AS VARCHAR)) > 10
)
SELECT
    order_id,
    days,
    CAST(days AS BIGINT) AS whole_days,
    sqlite_julianday(placed_on) AS jd,
    sqlite_int_of_text(sqlite_strftime('%s', placed_on)) AS seconds
FROM base
ORDER BY row_no
-- level: Flat; orders(order_id, placed_on, shipped_on + row_no)

-- obligation: pandas would read an integer column with NULL as floats
WITH computed AS (
    -- the rows of orders that pass the filter
    SELECT
        CAST(CAST(shipped_on - placed_on AS DOUBLE) AS BIGINT) AS whole_days,
        sqlite_int_of_text(sqlite_strftime('%s', CAST(placed_on AS VARCHAR))) AS seconds
    FROM orders
    WHERE sqlite_julianday('2024-03-01') - sqlite_julianday(CAST(placed_on AS VARCHAR)) > 10
)
SELECT whole_days, seconds
FROM computed
WHERE whole_days IS NULL OR seconds IS NULL
