== invoice_lines.sql
WITH found_ranked AS (
    SELECT
        product,
        price AS each,
        kind,
        row_number() OVER (PARTITION BY product ORDER BY row_no DESC) AS nth
    FROM products
),
joined AS (
    SELECT
        orders.order_no,
        orders.customer,
        orders.product,
        orders.pieces,
        found_ranked.kind,
        found_ranked.each,
        found_ranked.product IS NOT NULL AS in_found,
        orders.row_no
    FROM orders
    LEFT JOIN found_ranked ON found_ranked.product = orders.product AND found_ranked.nth = 1
),
rows_base AS (
    SELECT
        order_no,
        customer,
        CASE WHEN pieces >= 50 THEN 0.15 WHEN pieces >= 10 THEN 0.05 ELSE 0.0 END AS rebate,
        each,
        kind,
        pieces,
        product,
        row_no
    FROM joined
    WHERE in_found
)
SELECT
    order_no,
    CASE WHEN customer <> '' THEN py_title(py_strip(customer)) ELSE 'walk-in' END AS customer,
    upper(product) || ' (' || CASE WHEN 'b' = kind OR 'c' = kind THEN CASE WHEN 'b' = kind THEN 'bread' ELSE 'cake' END ELSE 'other' END || ')' AS label,
    py_round(pieces * each * (1 - rebate), 2) AS net,
    pieces > 20 AS large,
    rebate
FROM rows_base
ORDER BY row_no
