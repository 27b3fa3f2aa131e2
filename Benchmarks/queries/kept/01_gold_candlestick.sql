SELECT * FROM gold_candlestick
