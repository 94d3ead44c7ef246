SELECT
    order_id,
    CAST(CAST(amount AS DOUBLE) AS BIGINT) AS whole,
    CAST(CAST(amount AS DOUBLE) AS BIGINT) AS whole_2,
    CAST(order_id AS DOUBLE) AS id_real,
    CAST(order_id AS DOUBLE) AS id_double,
    CAST(order_id AS VARCHAR) AS id_text,
    sqlite_text(CAST(amount AS DOUBLE), '3.40.1') AS amount_text,
    CAST(amount AS DOUBLE) AS amount_numeric,
    nanvl(weight, NULL) + 0.0 AS weight_decimal,
    CAST(order_id AS VARCHAR) AS id_varchar,
    order_id AS id_numeric
FROM orders
ORDER BY row_no
-- level: Flat; orders(order_id, amount, weight + row_no)
