== forests.sql
WITH mapping_ranked AS (
    SELECT
        kind,
        poisonous AS value,
        row_number() OVER (PARTITION BY kind ORDER BY row_no DESC) AS nth
    FROM kinds
),
joined AS (
    SELECT
        finds.forest,
        finds.guide,
        finds.kind,
        finds.found_on,
        finds.grams,
        mapping_ranked.value,
        mapping_ranked.kind IS NOT NULL AS in_mapping
    FROM finds
    LEFT JOIN mapping_ranked ON mapping_ranked.kind = finds.kind AND mapping_ranked.nth = 1
),
by_walk AS (
    SELECT DISTINCT forest, guide
    FROM joined
),
different AS (
    SELECT DISTINCT forest, guide, kind
    FROM joined
),
computed AS (
    SELECT forest AS dictionary_forest, guide AS dictionary_guide, count(*) AS count
    FROM different
    GROUP BY forest, guide
),
different_2 AS (
    SELECT DISTINCT forest, guide, date_part('month', found_on) AS key
    FROM joined
    WHERE grams >= 50
),
computed_2 AS (
    SELECT
        forest AS dictionary_forest_2,
        guide AS dictionary_guide_2,
        count(*) AS dictionary_count
    FROM different_2
    GROUP BY forest, guide
),
different_3 AS (
    SELECT DISTINCT forest, kind
    FROM joined
    WHERE in_mapping
      AND value
),
computed_3 AS (
    SELECT forest AS dictionary_forest_4, count(*) AS dictionary_count_2
    FROM different_3
    GROUP BY forest
)
SELECT
    by_walk.forest,
    by_walk.guide,
    CASE WHEN computed.dictionary_forest IS NOT NULL THEN computed.count ELSE 0 END AS kinds,
    CASE WHEN computed_2.dictionary_forest_2 IS NOT NULL THEN computed_2.dictionary_count ELSE 0 END AS months,
    different_3.kind IS NOT NULL AS warning,
    CASE WHEN computed_3.dictionary_forest_4 IS NOT NULL THEN computed_3.dictionary_count_2 ELSE 0 END AS poisonous
FROM by_walk
LEFT JOIN computed ON computed.dictionary_forest = by_walk.forest AND computed.dictionary_guide = by_walk.guide
LEFT JOIN computed_2 ON computed_2.dictionary_forest_2 = by_walk.forest AND computed_2.dictionary_guide_2 = by_walk.guide
LEFT JOIN different_3 ON different_3.kind = 'fly agaric' AND different_3.forest = by_walk.forest
LEFT JOIN computed_3 ON computed_3.dictionary_forest_4 = by_walk.forest
ORDER BY kinds DESC, by_walk.forest, by_walk.guide
