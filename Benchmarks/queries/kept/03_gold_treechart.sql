SELECT * FROM gold_treechart
