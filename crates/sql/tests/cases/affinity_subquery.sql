WITH computed AS (
    SELECT status, sqlite_whole_of_text(status) AS key, row_no
    FROM orders
),
totals AS (
    -- totals in one row; from the rows of computed that pass the filter
    SELECT count(*) AS row_count
    FROM computed
    WHERE status IS NULL
),
totals_2 AS (
    -- totals in one row
    SELECT count(*) AS row_count
    FROM orders
),
totals_3 AS (
    -- totals in one row
    SELECT count(*) AS row_count
    FROM orders
),
computed_2 AS (
    SELECT status, sqlite_whole_of_text(status) AS key, row_no
    FROM orders
),
totals_4 AS (
    -- totals in one row; from the rows of computed_2 that pass the filter
    SELECT count(*) AS row_count
    FROM computed_2
    WHERE status IS NULL
),
key_in_orders AS (
    -- the rows of computed that pass the filter
    SELECT DISTINCT key
    FROM computed
    WHERE key IS NOT NULL
),
order_id_in_orders AS (
    SELECT DISTINCT order_id
    FROM orders
),
order_id_in_orders_2 AS (
    SELECT DISTINCT order_id
    FROM orders
),
key_in_orders_2 AS (
    -- the rows of computed_2 that pass the filter
    SELECT DISTINCT key
    FROM computed_2
    WHERE key IS NOT NULL
),
joined AS (
    -- orders joined with key_in_orders, order_id_in_orders, order_id_in_orders_2 and key_in_orders_2, filtered
    SELECT
        orders.order_id,
        orders.status,
        orders.status || '' AS made,
        CASE WHEN orders.order_id > 4 THEN orders.status ELSE CAST(orders.order_id AS VARCHAR) END AS word,
        key_in_orders.key IS NOT NULL AS in_key_in_orders,
        order_id_in_orders.order_id IS NOT NULL AS in_order_id_in_orders,
        order_id_in_orders_2.order_id IS NOT NULL AS in_order_id_in_orders_2,
        key_in_orders_2.key IS NOT NULL AS in_key_in_orders_2,
        orders.row_no
    FROM orders
    LEFT JOIN key_in_orders ON key_in_orders.key = orders.order_id
    LEFT JOIN order_id_in_orders ON order_id_in_orders.order_id = sqlite_whole_of_text(CASE WHEN orders.order_id > 4 THEN orders.status ELSE CAST(orders.order_id AS VARCHAR) END)
    LEFT JOIN order_id_in_orders_2 ON order_id_in_orders_2.order_id = sqlite_whole_of_text(CASE WHEN orders.order_id > 4 THEN orders.status ELSE CAST(orders.order_id AS VARCHAR) END)
    LEFT JOIN key_in_orders_2 ON key_in_orders_2.key = orders.order_id
    WHERE orders.order_id > 1
)
SELECT
    order_id,
    CASE WHEN status = '5' THEN 1 WHEN NOT (status = '5') THEN 0 ELSE NULL END AS a,
    CASE WHEN order_id = 3 THEN 1 ELSE 0 END AS b,
    CASE WHEN made = '5' THEN 1 WHEN NOT (made = '5') THEN 0 ELSE NULL END AS c,
    0 AS d,
    CASE WHEN CASE WHEN word IS NULL THEN NULL ELSE FALSE END THEN 1 WHEN NOT CASE WHEN word IS NULL THEN NULL ELSE FALSE END THEN 0 ELSE NULL END AS e,
    CASE WHEN CAST(order_id AS VARCHAR) = '3' THEN 1 ELSE 0 END AS e2,
    CASE WHEN sqlite_compare(order_id, made) = 0 THEN 1 WHEN NOT (sqlite_compare(order_id, made) = 0) THEN 0 ELSE NULL END AS f,
    CASE WHEN 0 = sqlite_compare(order_id, word) THEN 1 WHEN NOT (0 = sqlite_compare(order_id, word)) THEN 0 ELSE NULL END AS g,
    CASE WHEN CASE WHEN NOT in_key_in_orders AND (SELECT row_count FROM totals) > 0 THEN NULL ELSE in_key_in_orders END THEN 1 WHEN NOT CASE WHEN NOT in_key_in_orders AND (SELECT row_count FROM totals) > 0 THEN NULL ELSE in_key_in_orders END THEN 0 ELSE NULL END AS h,
    CASE WHEN CASE WHEN word IS NULL AND (SELECT row_count FROM totals_2) > 0 THEN NULL ELSE in_order_id_in_orders END THEN 1 WHEN NOT CASE WHEN word IS NULL AND (SELECT row_count FROM totals_2) > 0 THEN NULL ELSE in_order_id_in_orders END THEN 0 ELSE NULL END AS i,
    CASE WHEN CASE WHEN word IS NULL AND (SELECT row_count FROM totals_3) > 0 THEN NULL ELSE NOT in_order_id_in_orders_2 END THEN 1 WHEN NOT CASE WHEN word IS NULL AND (SELECT row_count FROM totals_3) > 0 THEN NULL ELSE NOT in_order_id_in_orders_2 END THEN 0 ELSE NULL END AS j,
    CASE WHEN CASE WHEN NOT in_key_in_orders_2 AND (SELECT row_count FROM totals_4) > 0 THEN NULL ELSE NOT in_key_in_orders_2 END THEN 1 WHEN NOT CASE WHEN NOT in_key_in_orders_2 AND (SELECT row_count FROM totals_4) > 0 THEN NULL ELSE NOT in_key_in_orders_2 END THEN 0 ELSE NULL END AS k
FROM joined
ORDER BY order_id, row_no
-- level: Flat; orders(order_id, status + row_no)

-- obligation: pandas would read an integer column with NULL as floats
WITH computed AS (
    SELECT status, sqlite_whole_of_text(status) AS key
    FROM orders
),
totals AS (
    -- totals in one row; from the rows of computed that pass the filter
    SELECT count(*) AS row_count
    FROM computed
    WHERE status IS NULL
),
totals_2 AS (
    -- totals in one row
    SELECT count(*) AS row_count
    FROM orders
),
totals_3 AS (
    -- totals in one row
    SELECT count(*) AS row_count
    FROM orders
),
computed_2 AS (
    SELECT status, sqlite_whole_of_text(status) AS key
    FROM orders
),
totals_4 AS (
    -- totals in one row; from the rows of computed_2 that pass the filter
    SELECT count(*) AS row_count
    FROM computed_2
    WHERE status IS NULL
),
key_in_orders AS (
    -- the rows of computed that pass the filter
    SELECT DISTINCT key
    FROM computed
    WHERE key IS NOT NULL
),
order_id_in_orders AS (
    SELECT DISTINCT order_id
    FROM orders
),
order_id_in_orders_2 AS (
    SELECT DISTINCT order_id
    FROM orders
),
key_in_orders_2 AS (
    -- the rows of computed_2 that pass the filter
    SELECT DISTINCT key
    FROM computed_2
    WHERE key IS NOT NULL
),
joined AS (
    -- orders joined with key_in_orders, order_id_in_orders, order_id_in_orders_2 and key_in_orders_2, filtered
    SELECT
        orders.order_id,
        orders.status,
        orders.status || '' AS made,
        CASE WHEN orders.order_id > 4 THEN orders.status ELSE CAST(orders.order_id AS VARCHAR) END AS word,
        key_in_orders.key IS NOT NULL AS in_key_in_orders,
        order_id_in_orders.order_id IS NOT NULL AS in_order_id_in_orders,
        order_id_in_orders_2.order_id IS NOT NULL AS in_order_id_in_orders_2,
        key_in_orders_2.key IS NOT NULL AS in_key_in_orders_2
    FROM orders
    LEFT JOIN key_in_orders ON key_in_orders.key = orders.order_id
    LEFT JOIN order_id_in_orders ON order_id_in_orders.order_id = sqlite_whole_of_text(CASE WHEN orders.order_id > 4 THEN orders.status ELSE CAST(orders.order_id AS VARCHAR) END)
    LEFT JOIN order_id_in_orders_2 ON order_id_in_orders_2.order_id = sqlite_whole_of_text(CASE WHEN orders.order_id > 4 THEN orders.status ELSE CAST(orders.order_id AS VARCHAR) END)
    LEFT JOIN key_in_orders_2 ON key_in_orders_2.key = orders.order_id
    WHERE orders.order_id > 1
),
computed_3 AS (
    SELECT
        CASE WHEN status = '5' THEN 1 WHEN NOT (status = '5') THEN 0 ELSE NULL END AS a,
        CASE WHEN made = '5' THEN 1 WHEN NOT (made = '5') THEN 0 ELSE NULL END AS c,
        CASE WHEN CASE WHEN word IS NULL THEN NULL ELSE FALSE END THEN 1 WHEN NOT CASE WHEN word IS NULL THEN NULL ELSE FALSE END THEN 0 ELSE NULL END AS e,
        CASE WHEN sqlite_compare(order_id, made) = 0 THEN 1 WHEN NOT (sqlite_compare(order_id, made) = 0) THEN 0 ELSE NULL END AS f,
        CASE WHEN 0 = sqlite_compare(order_id, word) THEN 1 WHEN NOT (0 = sqlite_compare(order_id, word)) THEN 0 ELSE NULL END AS g,
        CASE WHEN CASE WHEN NOT in_key_in_orders AND (SELECT row_count FROM totals) > 0 THEN NULL ELSE in_key_in_orders END THEN 1 WHEN NOT CASE WHEN NOT in_key_in_orders AND (SELECT row_count FROM totals) > 0 THEN NULL ELSE in_key_in_orders END THEN 0 ELSE NULL END AS h,
        CASE WHEN CASE WHEN word IS NULL AND (SELECT row_count FROM totals_2) > 0 THEN NULL ELSE in_order_id_in_orders END THEN 1 WHEN NOT CASE WHEN word IS NULL AND (SELECT row_count FROM totals_2) > 0 THEN NULL ELSE in_order_id_in_orders END THEN 0 ELSE NULL END AS i,
        CASE WHEN CASE WHEN word IS NULL AND (SELECT row_count FROM totals_3) > 0 THEN NULL ELSE NOT in_order_id_in_orders_2 END THEN 1 WHEN NOT CASE WHEN word IS NULL AND (SELECT row_count FROM totals_3) > 0 THEN NULL ELSE NOT in_order_id_in_orders_2 END THEN 0 ELSE NULL END AS j,
        CASE WHEN CASE WHEN NOT in_key_in_orders_2 AND (SELECT row_count FROM totals_4) > 0 THEN NULL ELSE NOT in_key_in_orders_2 END THEN 1 WHEN NOT CASE WHEN NOT in_key_in_orders_2 AND (SELECT row_count FROM totals_4) > 0 THEN NULL ELSE NOT in_key_in_orders_2 END THEN 0 ELSE NULL END AS k
    FROM joined
)
SELECT
    a,
    c,
    e,
    f,
    g,
    h,
    i,
    j,
    k
FROM computed_3
WHERE a IS NULL OR c IS NULL OR e IS NULL OR f IS NULL OR g IS NULL OR h IS NULL OR i IS NULL OR j IS NULL OR k IS NULL
