== result.sql
WITH joined AS (
    SELECT
        burns.burn,
        nanvl(burns.hours, NULL) + 0.0 AS hours,
        candles.chapel,
        nanvl(candles.price, NULL) + 0.0 AS price,
        burns.row_no AS burns_row_no,
        candles.row_no AS candles_row_no
    FROM burns
    JOIN candles ON candles.candle = burns.candle
),
running AS (
    SELECT
        burns.row_no AS burns_row_no,
        candles.row_no AS candles_row_no,
        candles.chapel,
        sum(nanvl(burns.hours, NULL) + 0.0) OVER (PARTITION BY candles.chapel ORDER BY burns.row_no, candles.row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_hours
    FROM burns
    JOIN candles ON candles.candle = burns.candle
    WHERE burns.burn <> 2
),
sums AS (
    SELECT
        chapel AS sums_chapel,
        last_value(running_hours ORDER BY burns_row_no, candles_row_no) + 0.0 AS sums_hours
    FROM running
    GROUP BY chapel
)
SELECT
    joined.burn,
    joined.chapel,
    joined.price * joined.hours + 0.0 AS cost,
    sums.sums_hours AS hours
FROM joined
LEFT JOIN sums ON sums.sums_chapel = joined.chapel
WHERE joined.hours > 0.1
ORDER BY joined.burns_row_no, joined.candles_row_no
