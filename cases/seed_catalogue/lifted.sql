== bag_totals.sql
SELECT "sort", sum(bags) AS bags
FROM sales
GROUP BY "sort"
ORDER BY min(row_no)
== offered.sql
WITH "rows" AS (
    SELECT
        seeds."sort",
        seeds.species,
        nanvl(seeds.grams, NULL) + 0.0 AS grams,
        seeds.germination,
        sales.bags
    FROM seeds
    LEFT JOIN sales ON sales."sort" = seeds."sort"
),
offered AS (
    SELECT
        "sort",
        translate(species, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS species,
        grams,
        sum(bags) AS bags,
        germination * 1.0 / 100 AS share,
        species AS sort_key,
        germination AS sort_key_2
    FROM "rows"
    GROUP BY "sort", species, grams, germination
)
SELECT "sort", species, grams, bags, share
FROM offered
ORDER BY "sort", sort_key NULLS FIRST, grams, sort_key_2
