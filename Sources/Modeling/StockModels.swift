/// The five models of the usual stock project: bronze staging, clean silver, and gold for candlesticks, KPIs
/// and the treemap. Column names are those that the project's dashboards bind to.
public enum StockModels {
    /// The models as a project.
    public static func project() throws -> Project {
        try Project([bronze, silver, candlestick, kpi, treechart])
    }

    /// One row a quote: the JSON's fields with names and types. Times are UTC text, `YYYY-MM-DD HH:MM:SS`.
    static let bronze = Model(
        "bronze_stg_stock_quotes", .view,
        """
        SELECT CAST(C AS REAL) AS CURRENT_PRICE,
               CAST(D AS REAL) AS CHANGE_AMOUNT,
               CAST(DP AS REAL) AS CHANGE_PERCENT,
               CAST(H AS REAL) AS DAY_HIGH,
               CAST(L AS REAL) AS DAY_LOW,
               CAST(O AS REAL) AS DAY_OPEN,
               CAST(PC AS REAL) AS PREV_CLOSE,
               CASE WHEN T <> CAST(T AS INTEGER) THEN strftime('%Y-%m-%d %H:%M:%f', T, 'unixepoch')
                    ELSE datetime(T, 'unixepoch') END AS MARKET_TIMESTAMP,
               SYMBOL,
               CASE WHEN FETCHED_AT <> CAST(FETCHED_AT AS INTEGER)
                    THEN strftime('%Y-%m-%d %H:%M:%f', FETCHED_AT, 'unixepoch')
                    ELSE datetime(FETCHED_AT, 'unixepoch') END AS FETCHED_AT,
               RAW_ID
        FROM RAW_SHREDDED
        """)

    /// One row a symbol and market time. A quote fetched again replaces the one before: the latest fetched
    /// stays, and of those fetched in one second the one that came last in the log. A failed request (all
    /// zeros, or no price or time) is no quote.
    static let silver = Model(
        "silver_clean_stock_quotes",
        .incremental(
            columns: """
                SYMBOL TEXT NOT NULL, CURRENT_PRICE REAL NOT NULL, DAY_HIGH REAL, DAY_LOW REAL, DAY_OPEN REAL,
                PREV_CLOSE REAL, CHANGE_AMOUNT REAL, CHANGE_PERCENT REAL, MARKET_TIMESTAMP TEXT NOT NULL,
                FETCHED_AT TEXT, RAW_ID INTEGER NOT NULL, PRIMARY KEY (SYMBOL, MARKET_TIMESTAMP)
                """,
            merge: """
                ON CONFLICT DO UPDATE SET
                    CURRENT_PRICE = excluded.CURRENT_PRICE, DAY_HIGH = excluded.DAY_HIGH, DAY_LOW = excluded.DAY_LOW,
                    DAY_OPEN = excluded.DAY_OPEN, PREV_CLOSE = excluded.PREV_CLOSE,
                    CHANGE_AMOUNT = excluded.CHANGE_AMOUNT, CHANGE_PERCENT = excluded.CHANGE_PERCENT,
                    FETCHED_AT = excluded.FETCHED_AT, RAW_ID = excluded.RAW_ID
                WHERE (coalesce(excluded.FETCHED_AT, ''), excluded.RAW_ID) > (coalesce(FETCHED_AT, ''), RAW_ID)
                """),
        """
        SELECT SYMBOL,
               CURRENT_PRICE,
               round(DAY_HIGH, 2) AS DAY_HIGH,
               round(DAY_LOW, 2) AS DAY_LOW,
               round(DAY_OPEN, 2) AS DAY_OPEN,
               round(PREV_CLOSE, 2) AS PREV_CLOSE,
               CHANGE_AMOUNT,
               round(CHANGE_PERCENT, 4) AS CHANGE_PERCENT,
               MARKET_TIMESTAMP,
               FETCHED_AT,
               RAW_ID
        FROM {{ ref('bronze_stg_stock_quotes') }}
        WHERE {{ new_rows }}
          AND CURRENT_PRICE IS NOT NULL AND CURRENT_PRICE <> 0
          AND MARKET_TIMESTAMP > '1970-01-01 00:00:00'
        ORDER BY SYMBOL, MARKET_TIMESTAMP, RAW_ID
        """)

    /// A candle a symbol and UTC day, the latest 12 days of each symbol: first and last price of the day, the
    /// extremes of the day's high and low, the average price as trend line.
    ///
    /// Silver is ordered by symbol and time, so each of the twelve days is found by one seek below the day
    /// after it, and only their rows are read.
    static let candlestick = Model(
        "gold_candlestick", .table,
        """
        WITH RECURSIVE days AS (
            SELECT SYMBOL, substr(max(MARKET_TIMESTAMP), 1, 10) AS DAY, 1 AS DAYS_AGO
            FROM {{ ref('silver_clean_stock_quotes') }}
            GROUP BY SYMBOL
            UNION ALL
            SELECT SYMBOL,
                   (SELECT substr(max(earlier.MARKET_TIMESTAMP), 1, 10)
                    FROM {{ ref('silver_clean_stock_quotes') }} earlier
                    WHERE earlier.SYMBOL = days.SYMBOL AND earlier.MARKET_TIMESTAMP < days.DAY),
                   DAYS_AGO + 1
            FROM days
            WHERE DAYS_AGO < 12 AND DAY IS NOT NULL
        ),
        candles AS (
            SELECT days.SYMBOL,
                   days.DAY AS CANDLE_TIME,
                   min(DAY_LOW) AS CANDLE_LOW,
                   max(DAY_HIGH) AS CANDLE_HIGH,
                   min(MARKET_TIMESTAMP) AS FIRST_TIME,
                   max(MARKET_TIMESTAMP) AS LAST_TIME,
                   avg(CURRENT_PRICE) AS TREND_LINE
            FROM days
            JOIN {{ ref('silver_clean_stock_quotes') }} quote
              ON quote.SYMBOL = days.SYMBOL
             AND quote.MARKET_TIMESTAMP >= days.DAY AND quote.MARKET_TIMESTAMP < date(days.DAY, '+1 day')
            GROUP BY days.SYMBOL, days.DAY
        )
        SELECT candles.SYMBOL,
               CANDLE_TIME,
               CANDLE_LOW,
               CANDLE_HIGH,
               opening.CURRENT_PRICE AS CANDLE_OPEN,
               closing.CURRENT_PRICE AS CANDLE_CLOSE,
               TREND_LINE
        FROM candles
        JOIN {{ ref('silver_clean_stock_quotes') }} opening
          ON opening.SYMBOL = candles.SYMBOL AND opening.MARKET_TIMESTAMP = FIRST_TIME
        JOIN {{ ref('silver_clean_stock_quotes') }} closing
          ON closing.SYMBOL = candles.SYMBOL AND closing.MARKET_TIMESTAMP = LAST_TIME
        ORDER BY candles.SYMBOL, CANDLE_TIME
        """)

    /// The latest quote of each symbol by the time it was fetched; of those fetched in one second, the latest
    /// traded.
    static let kpi = Model(
        "gold_kpi", .table,
        """
        SELECT quote.SYMBOL, quote.CURRENT_PRICE, quote.CHANGE_AMOUNT, quote.CHANGE_PERCENT
        FROM (
            SELECT fetched.SYMBOL, max(quote.MARKET_TIMESTAMP) AS MARKET_TIMESTAMP
            FROM (
                SELECT SYMBOL, max(FETCHED_AT) AS FETCHED_AT
                FROM {{ ref('silver_clean_stock_quotes') }} GROUP BY SYMBOL
            ) fetched
            JOIN {{ ref('silver_clean_stock_quotes') }} quote
              ON quote.SYMBOL = fetched.SYMBOL AND quote.FETCHED_AT IS fetched.FETCHED_AT
            GROUP BY fetched.SYMBOL
        ) latest
        JOIN {{ ref('silver_clean_stock_quotes') }} quote
          ON quote.SYMBOL = latest.SYMBOL AND quote.MARKET_TIMESTAMP = latest.MARKET_TIMESTAMP
        ORDER BY quote.SYMBOL
        """)

    /// For the treemap: each symbol's average price on the latest day of all, with the deviation of all its
    /// prices.
    static let treechart = Model(
        "gold_treechart", .table,
        """
        WITH latest AS (
            SELECT substr(max(MARKET_TIMESTAMP), 1, 10) AS DAY FROM {{ ref('silver_clean_stock_quotes') }}
        ),
        prices AS (
            SELECT SYMBOL, avg(CURRENT_PRICE) AS AVG_PRICE
            FROM {{ ref('silver_clean_stock_quotes') }}
            WHERE substr(MARKET_TIMESTAMP, 1, 10) = (SELECT DAY FROM latest)
            GROUP BY SYMBOL
        ),
        deviations AS (
            SELECT SYMBOL, stddev_pop(CURRENT_PRICE) AS VOLATILITY, avg(CURRENT_PRICE) AS MEAN
            FROM {{ ref('silver_clean_stock_quotes') }}
            GROUP BY SYMBOL
        )
        SELECT prices.SYMBOL, AVG_PRICE, VOLATILITY, VOLATILITY / nullif(MEAN, 0) AS RELATIVE_VOLATILITY
        FROM prices JOIN deviations ON deviations.SYMBOL = prices.SYMBOL
        ORDER BY prices.SYMBOL
        """)
}
