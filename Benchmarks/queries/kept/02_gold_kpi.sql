SELECT * FROM gold_kpi
