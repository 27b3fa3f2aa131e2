/// The five models of the usual stock project: bronze staging, clean silver, and gold for candlesticks, KPIs
/// and the treemap. Column names are those that the project's dashboards bind to.
public enum StockModels {
    /// The models as a project.
    public static func project() throws -> Project {
        try Project([bronze, silver, candlestick, kpi, treechart])
    }

    /// One row a quote: the JSON's fields with names and types. Times are in UTC; the JSON has them in seconds since
    /// 1970, with a fraction or without.
    static let bronze = Model(
        "bronze_stg_stock_quotes", .view,
        """
        SELECT v:c::float AS current_price,
               v:d::float AS change_amount,
               v:dp::float AS change_percent,
               v:h::float AS day_high,
               v:l::float AS day_low,
               v:o::float AS day_open,
               v:pc::float AS prev_close,
               to_timestamp_ntz(v:t::number(18, 6)) AS market_timestamp,
               v:symbol::string AS symbol,
               to_timestamp_ntz(v:fetched_at::number(18, 6)) AS fetched_at,
               raw_id
        FROM {{ source('common', 'bronze_stock_quotes_raw') }}
        """)

    /// One row a symbol and market time. A quote fetched again replaces the one before: the latest fetched
    /// stays, and of those fetched in one second the one that came last in the log. A failed request (all
    /// zeros, or no price or time) is no quote.
    static let silver = Model(
        "silver_clean_stock_quotes",
        .incremental(uniqueKey: ["symbol", "market_timestamp"], latest: ["fetched_at", "raw_id"]),
        """
        SELECT symbol,
               current_price,
               round(day_high, 2) AS day_high,
               round(day_low, 2) AS day_low,
               round(day_open, 2) AS day_open,
               round(prev_close, 2) AS prev_close,
               change_amount,
               round(change_percent, 4) AS change_percent,
               market_timestamp,
               fetched_at,
               raw_id
        FROM {{ ref('bronze_stg_stock_quotes') }}
        WHERE {{ new_rows }}
          AND current_price <> 0
          AND market_timestamp > '1970-01-01'::timestamp_ntz
        QUALIFY row_number() OVER (
            PARTITION BY symbol, market_timestamp ORDER BY fetched_at DESC NULLS LAST, raw_id DESC
        ) = 1
        """)

    /// A candle a symbol and UTC day, the latest 12 days of each symbol: first and last price of the day, the
    /// extremes of the day's high and low, the average price as trend line.
    static let candlestick = Model(
        "gold_candlestick", .table,
        """
        WITH quotes AS (
            SELECT symbol,
                   market_timestamp::date AS candle_time,
                   day_low,
                   day_high,
                   current_price,
                   first_value(current_price) OVER (
                       PARTITION BY symbol, market_timestamp::date ORDER BY market_timestamp
                       ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                   ) AS candle_open,
                   last_value(current_price) OVER (
                       PARTITION BY symbol, market_timestamp::date ORDER BY market_timestamp
                       ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                   ) AS candle_close
            FROM {{ ref('silver_clean_stock_quotes') }}
        ),
        candles AS (
            SELECT symbol,
                   candle_time,
                   min(day_low) AS candle_low,
                   max(day_high) AS candle_high,
                   any_value(candle_open) AS candle_open,
                   any_value(candle_close) AS candle_close,
                   avg(current_price) AS trend_line
            FROM quotes
            GROUP BY symbol, candle_time
        ),
        ranked AS (
            SELECT *, row_number() OVER (PARTITION BY symbol ORDER BY candle_time DESC) AS days_ago
            FROM candles
        )
        SELECT symbol, candle_time, candle_low, candle_high, candle_open, candle_close, trend_line
        FROM ranked
        WHERE days_ago <= 12
        ORDER BY symbol, candle_time
        """)

    /// The latest quote of each symbol by the time it was fetched; of those fetched in one second, the latest
    /// traded.
    static let kpi = Model(
        "gold_kpi", .table,
        """
        SELECT symbol, current_price, change_amount, change_percent
        FROM {{ ref('silver_clean_stock_quotes') }}
        QUALIFY row_number() OVER (
            PARTITION BY symbol ORDER BY fetched_at DESC NULLS LAST, market_timestamp DESC
        ) = 1
        ORDER BY symbol
        """)

    /// For the treemap: each symbol's average price on the latest day of all, with the deviation of all its
    /// prices.
    static let treechart = Model(
        "gold_treechart", .table,
        """
        WITH latest_day AS (
            SELECT max(market_timestamp)::date AS day FROM {{ ref('silver_clean_stock_quotes') }}
        ),
        latest_prices AS (
            SELECT symbol, avg(current_price) AS avg_price
            FROM {{ ref('silver_clean_stock_quotes') }}
            JOIN latest_day ON market_timestamp::date = latest_day.day
            GROUP BY symbol
        ),
        deviations AS (
            SELECT symbol,
                   stddev_pop(current_price) AS volatility,
                   stddev_pop(current_price) / nullif(avg(current_price), 0) AS relative_volatility
            FROM {{ ref('silver_clean_stock_quotes') }}
            GROUP BY symbol
        )
        SELECT latest_prices.symbol, avg_price, volatility, relative_volatility
        FROM latest_prices
        JOIN deviations ON deviations.symbol = latest_prices.symbol
        ORDER BY latest_prices.symbol
        """)
}
