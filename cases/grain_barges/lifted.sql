== by_port.sql
WITH sums AS (
    SELECT
        port,
        grain,
        sum(tons) AS tons,
        coalesce(sum(tons) FILTER (WHERE damaged), 0) AS bad,
        count(*) AS barges,
        min(row_no) AS first_seen
    FROM unloadings
    WHERE NOT (tons <= 0)
    GROUP BY port, grain
),
tariffs_ranked AS (
    SELECT
        port,
        tariff AS tariffs,
        row_number() OVER (PARTITION BY port ORDER BY row_no DESC) AS nth
    FROM ports
),
joined AS (
    SELECT
        sums.port,
        sums.grain,
        sums.tons,
        sums.bad,
        sums.barges,
        tariffs_ranked.tariffs,
        tariffs_ranked.port IS NOT NULL AS in_tariffs,
        sums.first_seen
    FROM sums
    LEFT JOIN tariffs_ranked ON tariffs_ranked.port = sums.port AND tariffs_ranked.nth = 1
)
SELECT
    port,
    grain,
    tons,
    barges,
    py_round(CAST(100 * bad AS DOUBLE) / tons, 1) AS bad_percent,
    CASE WHEN tons >= 1000 THEN 'bulk' WHEN CASE WHEN CASE WHEN in_tariffs THEN tariffs ELSE NULL END IS NULL THEN 7 ELSE CASE WHEN in_tariffs THEN tariffs ELSE NULL END END > 7 THEN 'dear' ELSE 'plain' END AS tier
FROM joined
ORDER BY port, tons DESC, first_seen
