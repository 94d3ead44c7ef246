== steps.sql
WITH windowed AS (
    SELECT
        meter,
        street,
        CAST(read_on AS VARCHAR) AS read_on,
        litres,
        CAST(rank() OVER (ORDER BY litres DESC) AS BIGINT) AS place,
        row_no
    FROM readings
),
windowed_2 AS (
    SELECT
        meter,
        street,
        read_on,
        litres,
        place,
        count(1) OVER (PARTITION BY meter ORDER BY litres DESC, row_no ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS readings,
        row_no
    FROM windowed
),
windowed_3 AS (
    SELECT
        meter,
        street,
        read_on,
        litres,
        place,
        readings,
        sum(litres) OVER (PARTITION BY street ORDER BY read_on, meter RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running,
        row_no
    FROM windowed_2
),
windowed_4 AS (
    SELECT
        meter,
        street,
        read_on,
        litres,
        place,
        readings,
        running,
        lag(litres, 1) OVER (PARTITION BY meter ORDER BY read_on, street, litres DESC, row_no) AS before,
        row_no
    FROM windowed_3
)
SELECT
    sqlite_format('%05d', meter, '3.40.1') AS code,
    street,
    read_on,
    litres,
    CAST(before AS DOUBLE) AS before,
    running,
    readings,
    place
FROM windowed_4
ORDER BY code, read_on, meter, street, litres DESC, row_no
