WITH base AS (
    SELECT
        order_id,
        coalesce(nanvl(weight, NULL) < 0.5, FALSE) AS light,
        placed_on,
        status,
        row_no
    FROM orders
)
SELECT
    order_id,
    (status IS NOT DISTINCT FROM 'open') AS "open",
    (status IS DISTINCT FROM 'open') AS not_open,
    coalesce(status IN ('a', 'b'), FALSE) AS listed,
    light,
    NOT light AS not_light,
    coalesce(status <> '', FALSE) AS "some",
    CAST(order_id AS VARCHAR) || '-' || coalesce(status, 'None') AS label,
    placed_on - DATE '2024-01-01' AS days,
    CASE WHEN order_id <> 0 THEN py_mod(order_id, order_id) > 2 ELSE FALSE END AS safe
FROM base
ORDER BY row_no
-- level: Flat; orders(order_id, status, weight, placed_on + row_no)
