WITH region_of_ranked AS (
    -- the rows of each person numbered from the last
    SELECT
        customer_id AS person,
        CASE WHEN region <> '' THEN region ELSE 'NONE' END AS region,
        row_number() OVER (PARTITION BY customer_id ORDER BY row_no DESC) AS nth
    FROM customers
),
counted AS (
    -- orders joined with region_of_ranked, filtered
    SELECT
        CASE WHEN region_of_ranked.person IS NOT NULL THEN region_of_ranked.region ELSE 'UNKNOWN' END AS region,
        orders.shipped_on IS NOT NULL AND coalesce(orders.shipped_on > orders.placed_on, FALSE) AS late,
        CAST(orders.amount AS DOUBLE) AS amount,
        orders.row_no
    FROM orders
    LEFT JOIN region_of_ranked ON region_of_ranked.person = orders.customer_id AND region_of_ranked.nth = 1
    WHERE (orders.status IS DISTINCT FROM 'cancelled')
),
per_region_running AS (
    -- float sums, added row by row in stored order
    SELECT
        late,
        row_no,
        region,
        sum(amount) OVER (PARTITION BY region ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_total
    FROM counted
),
per_region AS (
    -- one row per region
    SELECT
        region,
        count(*) AS orders,
        count(*) FILTER (WHERE late) AS late,
        last_value(running_total ORDER BY row_no) AS total,
        min(row_no) AS first_seen
    FROM per_region_running
    GROUP BY region
),
lines_base AS (
    SELECT region, orders, late, py_round(total / orders, 2) AS avg_value, first_seen
    FROM per_region
),
computed AS (
    -- totals in one row
    SELECT
        'ALL' AS region,
        coalesce(sum(orders), 0) AS orders,
        coalesce(sum(late), 0) AS late,
        NULL AS avg_value,
        '' AS band
    FROM per_region
),
all_lines AS (
    -- 2 parts, one after the other
    SELECT
        region,
        orders,
        late,
        avg_value,
        CASE WHEN avg_value > 100 THEN 'high' WHEN avg_value > 20 THEN 'mid' ELSE 'low' END AS band,
        1 AS branch,
        first_seen AS row_position
    FROM lines_base
    UNION ALL
    SELECT
        region,
        orders,
        late,
        CAST(avg_value AS DOUBLE) AS avg_value,
        band,
        2 AS branch,
        0 AS row_position
    FROM computed
    WHERE (SELECT effective_date FROM run_parameters) = CAST(date_trunc('month', (SELECT effective_date FROM run_parameters)) + INTERVAL '1 month' - INTERVAL '1 day' AS DATE)
)
SELECT region, orders, late, avg_value, band
FROM all_lines
WHERE EXISTS (SELECT 1 FROM orders)
  AND EXISTS (SELECT 1 FROM customers)
ORDER BY branch, row_position
-- level: Window; orders(customer_id, status, shipped_on, placed_on, amount + row_no); customers(customer_id, region + row_no)
