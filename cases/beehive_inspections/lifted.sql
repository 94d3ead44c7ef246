== result.sql
WITH computed AS (
    SELECT hive AS inspections_hive, day AS inspections_day, min(row_no) AS first_seen
    FROM inspections
    GROUP BY day, hive
),
agent_ranked AS (
    SELECT
        computed.inspections_day,
        computed.inspections_hive,
        treatments.agent,
        treatments.day AS since,
        row_number() OVER (PARTITION BY computed.inspections_day, computed.inspections_hive ORDER BY computed.first_seen DESC, treatments.row_no DESC) AS nth
    FROM computed
    JOIN treatments ON treatments.hive = computed.inspections_hive
    WHERE treatments.day <= computed.inspections_day
),
joined AS (
    SELECT
        inspections.visit,
        inspections.hive,
        agent_ranked.agent,
        agent_ranked.since,
        agent_ranked.inspections_day IS NOT NULL AS in_agent,
        inspections.row_no
    FROM inspections
    LEFT JOIN agent_ranked ON agent_ranked.inspections_day = inspections.day AND agent_ranked.inspections_hive = inspections.hive AND agent_ranked.nth = 1
)
SELECT
    visit,
    hive,
    CASE WHEN in_agent THEN agent ELSE 'untreated' END AS agent,
    CASE WHEN in_agent THEN since ELSE 0 END AS since
FROM joined
