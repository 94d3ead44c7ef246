== ratings.sql
SELECT
    game,
    py_round(1 / (1 + py_power(CAST(10 AS DOUBLE), CAST(black - white AS DOUBLE) / 400)), 4) AS expected,
    py_round(24 * (score - 1 / (1 + py_power(CAST(10 AS DOUBLE), CAST(black - white AS DOUBLE) / 400)))) AS change,
    greatest(-20, least(20, py_floor(24 * (score - 1 / (1 + py_power(CAST(10 AS DOUBLE), CAST(black - white AS DOUBLE) / 400)))))) AS bounded,
    py_ceil(24 * (score - 1 / (1 + py_power(CAST(10 AS DOUBLE), CAST(black - white AS DOUBLE) / 400)))) AS up,
    py_round(-py_log(CASE WHEN score >= 0.5 THEN 1 / (1 + py_power(CAST(10 AS DOUBLE), CAST(black - white AS DOUBLE) / 400)) ELSE 1 - 1 / (1 + py_power(CAST(10 AS DOUBLE), CAST(black - white AS DOUBLE) / 400)) END), 6) AS surprise,
    py_sqrt(CAST(abs(white - black) AS DOUBLE)) AS gap,
    CASE WHEN 1 / (1 + py_power(CAST(10 AS DOUBLE), CAST(black - white AS DOUBLE) / 400)) = 0.5 THEN TRUE ELSE CASE WHEN abs(0.5 - 1 / (1 + py_power(CAST(10 AS DOUBLE), CAST(black - white AS DOUBLE) / 400))) <= abs(1e-9 * 0.5) THEN TRUE ELSE CASE WHEN abs(0.5 - 1 / (1 + py_power(CAST(10 AS DOUBLE), CAST(black - white AS DOUBLE) / 400))) <= abs(1e-9 * (1 / (1 + py_power(CAST(10 AS DOUBLE), CAST(black - white AS DOUBLE) / 400)))) THEN TRUE ELSE abs(0.5 - 1 / (1 + py_power(CAST(10 AS DOUBLE), CAST(black - white AS DOUBLE) / 400))) <= 0.05 END END END AS even
FROM games
ORDER BY row_no
