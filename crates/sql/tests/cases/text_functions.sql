SELECT
    order_id,
    sqlite_instr(status, 'e') AS at,
    sqlite_substring(status, -3) AS tail,
    substr(status, 2, 2) AS mid,
    sqlite_ltrim(status, ' ') AS l,
    sqlite_rtrim(status, ' e') AS r,
    sqlite_trim_of(status, 'on') AS t,
    character_length(status) AS n,
    sqlite_hex(status) AS h,
    replace(status, 'o', '0') AS z,
    translate(status, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS u,
    status || '-' || sqlite_text(CAST(amount AS DOUBLE), '3.40.1') AS joined,
    CASE WHEN nanvl(weight, NULL) + 0.0 IS NULL THEN 'null' ELSE 'real' END AS kind
FROM orders
ORDER BY row_no
-- level: Flat; orders(order_id, status, amount, weight + row_no)

-- obligation: pandas would read an integer column with NULL as floats
WITH computed AS (
    SELECT sqlite_instr(status, 'e') AS at, character_length(status) AS n
    FROM orders
)
SELECT at, n
FROM computed
WHERE at IS NULL OR n IS NULL
