SELECT
    order_id,
    CASE WHEN status = '12' THEN 1 WHEN NOT (status = '12') THEN 0 ELSE NULL END AS a,
    CASE WHEN status < '12' THEN 1 WHEN NOT (status < '12') THEN 0 ELSE NULL END AS b,
    CASE WHEN '12' >= status THEN 1 WHEN NOT ('12' >= status) THEN 0 ELSE NULL END AS c,
    CASE WHEN status = sqlite_text(2.5, '3.40.1') THEN 1 WHEN NOT (status = sqlite_text(2.5, '3.40.1')) THEN 0 ELSE NULL END AS d,
    CASE WHEN order_id = 3 THEN 1 ELSE 0 END AS e,
    CASE WHEN order_id > 2.5 THEN 1 ELSE 0 END AS f,
    CASE WHEN 1 = order_id THEN 1 ELSE 0 END AS g,
    CASE WHEN TRUE THEN 1 ELSE 0 END AS h,
    CASE WHEN FALSE THEN 1 ELSE 0 END AS i,
    CASE WHEN amount > 2 THEN 1 ELSE 0 END AS j,
    CASE WHEN amount <= 10 THEN 1 ELSE 0 END AS k,
    CASE WHEN CASE WHEN substr(status, 1, 1) IS NULL THEN NULL ELSE FALSE END THEN 1 WHEN NOT CASE WHEN substr(status, 1, 1) IS NULL THEN NULL ELSE FALSE END THEN 0 ELSE NULL END AS l,
    CASE WHEN CASE WHEN substr(status, 1, 1) IS NULL THEN NULL ELSE FALSE END THEN 1 WHEN NOT CASE WHEN substr(status, 1, 1) IS NULL THEN NULL ELSE FALSE END THEN 0 ELSE NULL END AS m,
    CASE WHEN CASE WHEN translate(status, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') IS NULL THEN NULL ELSE TRUE END THEN 1 WHEN NOT CASE WHEN translate(status, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') IS NULL THEN NULL ELSE TRUE END THEN 0 ELSE NULL END AS n,
    CASE WHEN 0 = sqlite_compare(order_id, status || '') THEN 1 WHEN NOT (0 = sqlite_compare(order_id, status || '')) THEN 0 ELSE NULL END AS o,
    CASE WHEN CASE WHEN status IS NULL THEN NULL ELSE FALSE END THEN 1 WHEN NOT CASE WHEN status IS NULL THEN NULL ELSE FALSE END THEN 0 ELSE NULL END AS p,
    CASE WHEN FALSE THEN 1 ELSE 0 END AS q,
    CASE WHEN status >= '1' AND status <= '7' THEN 1 WHEN NOT (status >= '1' AND status <= '7') THEN 0 ELSE NULL END AS r,
    CASE WHEN order_id >= 1 AND order_id <= 3 THEN 1 ELSE 0 END AS s,
    CASE WHEN status IN ('5', 'open', '7') THEN 1 WHEN status NOT IN ('5', 'open', '7') THEN 0 ELSE NULL END AS t,
    CASE WHEN order_id = 1 OR order_id = 2 OR FALSE THEN 1 ELSE 0 END AS u,
    CASE WHEN order_id NOT IN (1, 2) THEN 1 ELSE 0 END AS v,
    CASE WHEN status = '5' THEN 'five' ELSE 'other' END AS w,
    CASE WHEN order_id = 3 THEN 'three' ELSE NULL END AS x,
    CASE WHEN status = '5' THEN 1 ELSE 0 END AS y,
    CASE WHEN order_id <> 3 THEN 1 ELSE 0 END AS z,
    CASE WHEN FALSE THEN 1 ELSE 0 END AS aa,
    CASE WHEN CAST(5 AS VARCHAR) = '5' THEN 1 ELSE 0 END AS ab,
    CASE WHEN sqlite_int_of_text('5') = 5 THEN 1 ELSE 0 END AS ac,
    CASE WHEN sqlite_compare(order_id, status) = 0 THEN 1 WHEN NOT (sqlite_compare(order_id, status) = 0) THEN 0 ELSE NULL END AS ad,
    CASE WHEN 0 < sqlite_compare(CAST(amount AS DOUBLE), status) THEN 1 WHEN NOT (0 < sqlite_compare(CAST(amount AS DOUBLE), status)) THEN 0 ELSE NULL END AS ae,
    CASE WHEN sqlite_compare(CAST(amount AS DOUBLE), status) >= 0 THEN 1 WHEN NOT (sqlite_compare(CAST(amount AS DOUBLE), status) >= 0) THEN 0 ELSE NULL END AS af,
    CASE WHEN coalesce(sqlite_compare(order_id, status) = 0, FALSE) THEN 1 ELSE 0 END AS ag,
    CASE WHEN coalesce(sqlite_compare(CAST(amount AS DOUBLE), status) <> 0, TRUE) THEN 1 ELSE 0 END AS ah
FROM orders
ORDER BY order_id, row_no
-- level: Flat; orders(order_id, status, amount + row_no)

-- obligation: pandas would read an integer column with NULL as floats
WITH computed AS (
    SELECT
        CASE WHEN status = '12' THEN 1 WHEN NOT (status = '12') THEN 0 ELSE NULL END AS a,
        CASE WHEN status < '12' THEN 1 WHEN NOT (status < '12') THEN 0 ELSE NULL END AS b,
        CASE WHEN '12' >= status THEN 1 WHEN NOT ('12' >= status) THEN 0 ELSE NULL END AS c,
        CASE WHEN status = sqlite_text(2.5, '3.40.1') THEN 1 WHEN NOT (status = sqlite_text(2.5, '3.40.1')) THEN 0 ELSE NULL END AS d,
        CASE WHEN CASE WHEN substr(status, 1, 1) IS NULL THEN NULL ELSE FALSE END THEN 1 WHEN NOT CASE WHEN substr(status, 1, 1) IS NULL THEN NULL ELSE FALSE END THEN 0 ELSE NULL END AS l,
        CASE WHEN CASE WHEN substr(status, 1, 1) IS NULL THEN NULL ELSE FALSE END THEN 1 WHEN NOT CASE WHEN substr(status, 1, 1) IS NULL THEN NULL ELSE FALSE END THEN 0 ELSE NULL END AS m,
        CASE WHEN CASE WHEN translate(status, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') IS NULL THEN NULL ELSE TRUE END THEN 1 WHEN NOT CASE WHEN translate(status, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') IS NULL THEN NULL ELSE TRUE END THEN 0 ELSE NULL END AS n,
        CASE WHEN 0 = sqlite_compare(order_id, status || '') THEN 1 WHEN NOT (0 = sqlite_compare(order_id, status || '')) THEN 0 ELSE NULL END AS o,
        CASE WHEN CASE WHEN status IS NULL THEN NULL ELSE FALSE END THEN 1 WHEN NOT CASE WHEN status IS NULL THEN NULL ELSE FALSE END THEN 0 ELSE NULL END AS p,
        CASE WHEN status >= '1' AND status <= '7' THEN 1 WHEN NOT (status >= '1' AND status <= '7') THEN 0 ELSE NULL END AS r,
        CASE WHEN status IN ('5', 'open', '7') THEN 1 WHEN status NOT IN ('5', 'open', '7') THEN 0 ELSE NULL END AS t,
        CASE WHEN sqlite_compare(order_id, status) = 0 THEN 1 WHEN NOT (sqlite_compare(order_id, status) = 0) THEN 0 ELSE NULL END AS ad,
        CASE WHEN 0 < sqlite_compare(CAST(amount AS DOUBLE), status) THEN 1 WHEN NOT (0 < sqlite_compare(CAST(amount AS DOUBLE), status)) THEN 0 ELSE NULL END AS ae,
        CASE WHEN sqlite_compare(CAST(amount AS DOUBLE), status) >= 0 THEN 1 WHEN NOT (sqlite_compare(CAST(amount AS DOUBLE), status) >= 0) THEN 0 ELSE NULL END AS af
    FROM orders
)
SELECT
    a,
    b,
    c,
    d,
    l,
    m,
    n,
    o,
    p,
    r,
    t,
    ad,
    ae,
    af
FROM computed
WHERE a IS NULL OR b IS NULL OR c IS NULL OR d IS NULL OR l IS NULL OR m IS NULL OR n IS NULL OR o IS NULL OR p IS NULL OR r IS NULL OR t IS NULL OR ad IS NULL OR ae IS NULL OR af IS NULL
