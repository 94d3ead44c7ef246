== cheapest.sql
WITH found_ranked AS (
    SELECT
        shop,
        date_part('year', since) AS found,
        row_number() OVER (PARTITION BY shop ORDER BY row_no DESC) AS nth
    FROM shops
    WHERE town = 'Ulm'
),
found AS (
    SELECT shop, found
    FROM found_ranked
    WHERE nth = 1
),
joined AS (
    SELECT offers.tool, offers.per_day, found.shop IS NOT NULL AS in_found, offers.row_no
    FROM offers
    LEFT JOIN found ON found.shop = offers.shop
),
computed AS (
    SELECT tool AS best_tool, min(per_day) AS best
    FROM joined
    WHERE in_found
    GROUP BY tool
),
joined_2 AS (
    SELECT offers.tool, offers.per_day, found.shop IS NOT NULL AS in_found, offers.row_no
    FROM offers
    LEFT JOIN found ON found.shop = offers.shop
),
total_running AS (
    SELECT
        row_no,
        tool,
        sum(per_day) OVER (PARTITION BY tool ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_total
    FROM joined_2
    WHERE in_found
),
computed_2 AS (
    SELECT tool AS total_tool, last_value(running_total ORDER BY row_no) + 0.0 AS total
    FROM total_running
    GROUP BY tool
),
computed_3 AS (
    SELECT tool AS count_tool, count(*) AS count
    FROM joined_2
    WHERE in_found
    GROUP BY tool
),
joined_3 AS (
    SELECT
        offers.shop,
        offers.tool,
        offers.per_day,
        found.found,
        found.shop IS NOT NULL AS in_found,
        computed.best,
        computed_2.total,
        computed_3.count,
        offers.row_no
    FROM offers
    LEFT JOIN found ON found.shop = offers.shop
    LEFT JOIN computed ON computed.best_tool = offers.tool
    LEFT JOIN computed_2 ON computed_2.total_tool = offers.tool
    LEFT JOIN computed_3 ON computed_3.count_tool = offers.tool
)
SELECT tool, shop, found AS since, best AS per_day, total / count AS average
FROM joined_3
WHERE in_found
  AND per_day = best
ORDER BY tool, found, row_no
