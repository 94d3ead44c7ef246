== shares.sql
WITH sums AS (
    SELECT
        tree_row,
        "sort",
        pandas_group_sum(array_agg(kg ORDER BY row_no)) AS kg,
        count(*) AS crate,
        min(row_no) AS first_seen
    FROM crates
    GROUP BY tree_row, "sort"
),
computed AS (
    SELECT
        tree_row AS dictionary_tree_row,
        pandas_group_sum(array_agg(kg ORDER BY row_no)) AS dictionary_kg
    FROM crates
    GROUP BY tree_row
)
SELECT
    sums.tree_row AS "row",
    sums."sort",
    sums.crate AS crates,
    sums.kg,
    sums.kg / computed.dictionary_kg AS share
FROM sums
LEFT JOIN computed ON computed.dictionary_tree_row = sums.tree_row
ORDER BY sums.first_seen
