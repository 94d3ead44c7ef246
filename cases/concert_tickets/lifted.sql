== revenue.sql
WITH acc_running AS (
    SELECT
        channel,
        seats,
        row_no,
        concert,
        sum(seats * price) OVER (PARTITION BY concert ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_revenue
    FROM sales
),
acc AS (
    SELECT
        concert,
        sum(seats) AS tickets,
        last_value(running_revenue ORDER BY row_no) + 0.0 AS revenue,
        coalesce(sum(seats) FILTER (WHERE channel = 'web'), 0) AS online,
        min(row_no) AS first_seen
    FROM acc_running
    GROUP BY concert
),
hall_of_ranked AS (
    SELECT
        concert,
        hall AS hall_of,
        row_number() OVER (PARTITION BY concert ORDER BY row_no) AS nth
    FROM halls
)
SELECT
    acc.concert,
    CASE WHEN hall_of_ranked.concert IS NOT NULL THEN hall_of_ranked.hall_of ELSE NULL END AS hall,
    acc.tickets,
    py_round(acc.revenue, 2) AS revenue,
    acc.online
FROM acc
LEFT JOIN hall_of_ranked ON hall_of_ranked.concert = acc.concert AND hall_of_ranked.nth = 1
WHERE acc.tickets <> 0
ORDER BY acc.first_seen
