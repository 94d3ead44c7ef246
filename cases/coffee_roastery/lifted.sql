== margins.sql
WITH result_base AS (
    SELECT
        lot,
        py_decimal_subtract(CASE WHEN py_is_decimal(price) OR py_is_decimal_word(price) THEN py_decimal_text(price) ELSE CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) END, CASE WHEN py_is_decimal(cost) OR py_is_decimal_word(cost) THEN py_decimal_text(cost) ELSE CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) END) AS margin,
        cost,
        kilos,
        row_no
    FROM roasts
)
SELECT
    lot,
    margin,
    CAST(py_decimal_quantize(CASE WHEN py_decimal_compare(CASE WHEN py_is_decimal(cost) OR py_is_decimal_word(cost) THEN py_decimal_text(cost) ELSE CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) END, '0') = 0 THEN CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) ELSE py_decimal_multiply(py_decimal_divide(margin, CASE WHEN py_is_decimal(cost) OR py_is_decimal_word(cost) THEN py_decimal_text(cost) ELSE CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) END), CAST(100 AS VARCHAR)) END, 1, 'ROUND_HALF_UP') AS VARCHAR) AS percent,
    CAST(py_decimal_quantize(CASE WHEN kilos <> 0 THEN py_decimal_divide(margin, CAST(kilos AS VARCHAR)) ELSE CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) END, 2, 'ROUND_HALF_EVEN') AS VARCHAR) AS per_kilo,
    CAST(py_decimal_quantize(CASE WHEN kilos <> 0 THEN py_decimal_divide(margin, CAST(kilos AS VARCHAR)) ELSE CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) END, 2, 'ROUND_DOWN') AS VARCHAR) AS down,
    py_decimal_compare(CASE WHEN py_decimal_compare(CASE WHEN py_is_decimal(cost) OR py_is_decimal_word(cost) THEN py_decimal_text(cost) ELSE CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) END, '0') = 0 THEN CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) ELSE py_decimal_multiply(py_decimal_divide(margin, CASE WHEN py_is_decimal(cost) OR py_is_decimal_word(cost) THEN py_decimal_text(cost) ELSE CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) END), CAST(100 AS VARCHAR)) END, CAST(20 AS VARCHAR)) > 0 AS good,
    py_format_decimal(CASE WHEN py_decimal_compare(CASE WHEN py_is_decimal(cost) OR py_is_decimal_word(cost) THEN py_decimal_text(cost) ELSE CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) END, '0') = 0 THEN CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) ELSE py_decimal_multiply(py_decimal_divide(margin, CASE WHEN py_is_decimal(cost) OR py_is_decimal_word(cost) THEN py_decimal_text(cost) ELSE CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) END), CAST(100 AS VARCHAR)) END, '.2f') || '%' AS label,
    py_decimal_to_float(CASE WHEN kilos <> 0 THEN py_decimal_divide(margin, CAST(kilos AS VARCHAR)) ELSE CAST(CAST(0 AS DECIMAL(1, 0)) AS VARCHAR) END) AS as_float
FROM result_base
ORDER BY row_no
