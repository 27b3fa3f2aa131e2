/// Makes quotes in exactly the shape that a Finnhub producer writes, with the dirt of real life, and the same
/// bytes for the same settings on every machine: it computes with integers alone.
///
/// A market of `symbols` shares trades on weekdays from 14:30 to 21:00 UTC; each row is one poll of one
/// share.
public struct QuoteSimulator {
    /// What to make.
    public struct Settings: Sendable, Equatable {
        /// How many shares there are.
        public var symbols = 5
        /// How many lines to write, dirty ones included.
        public var rows = 10_000
        /// How many trading days the rows are spread over.
        public var days = 5
        /// The first day.
        public var start = Timestamp(seconds: 1_704_153_600)
        /// What the randomness grows from.
        public var seed: UInt64 = 1
        /// How many of 100 lines are dirty.
        public var dirtyPercent = 0.0

        /// Ten thousand clean rows of five shares.
        public init() {}
    }

    private struct Share {
        let symbol: String
        var price: Int64
        var open: Int64 = 0
        var high: Int64 = 0
        var low: Int64 = 0
        var previousClose: Int64
        var day: Int64 = -1
        var last: String?
    }

    private static let knownSymbols = ["AAPL", "MSFT", "TSLA", "GOOGL", "AMZN"]
    private static let sessionOpens: Int64 = 52_200
    private static let sessionSeconds: Int64 = 23_400

    private let settings: Settings
    private var random: SplitMix64
    private var shares: [Share]
    private var row = 0

    /// Sets up a market.
    public init(_ settings: Settings) {
        precondition(settings.symbols > 0 && settings.rows >= 0 && settings.days > 0, "\(settings)")
        self.settings = settings
        random = SplitMix64(state: settings.seed)
        shares = []
        for index in 0..<settings.symbols {
            let price = 2_000 + Int64(random.below(48_000))
            shares.append(Share(symbol: Self.symbol(index), price: price, previousClose: price))
        }
    }

    private static func symbol(_ index: Int) -> String {
        if index < knownSymbols.count { return knownSymbols[index] }
        var rest = index - knownSymbols.count
        var letters: [UInt8] = []
        repeat {
            letters.append(UInt8(ascii: "A") + UInt8(rest % 26))
            rest /= 26
        } while rest > 0
        return "S" + String(decoding: letters.reversed(), as: UTF8.self)
    }

    /// Appends the next line, with its line break, to `output`.
    ///
    /// - Returns: `false`, appending nothing, after the last row.
    public mutating func appendNext(to output: inout [UInt8]) -> Bool {
        guard row < settings.rows else { return false }
        let isDirty = random.below(1_000_000) < Int(settings.dirtyPercent * 10_000)
        let index = random.below(settings.symbols)
        let time = tick(index)
        let fetchedAt = time + 1 + Int64(random.below(6))
        if settings.dirtyPercent > 0, row == settings.rows - 1 {
            let line = quote(shares[index], time: time, fetchedAt: fetchedAt)
            output.append(contentsOf: line.utf8.prefix(line.utf8.count * 2 / 3))
        } else {
            let line =
                isDirty
                ? dirtyLine(index, time: time, fetchedAt: fetchedAt)
                : quote(shares[index], time: time, fetchedAt: fetchedAt)
            output.append(contentsOf: line.utf8)
            output.append(UInt8(ascii: "\n"))
            if !isDirty { shares[index].last = line }
        }
        row += 1
        return true
    }

    /// Moves the clock to this row and the share's price by a step; the time in seconds since 1970.
    private mutating func tick(_ index: Int) -> Int64 {
        let marketSeconds = Int64(settings.days) * Self.sessionSeconds
        let second = Int64(row) * marketSeconds / Int64(max(settings.rows, 1))
        let day = second / Self.sessionSeconds
        let midnight = tradingDay(day)
        var share = shares[index]
        let step = share.price / 2_000 + 1
        share.price = max(100, share.price + Int64(random.below(Int(2 * step + 1))) - step)
        if share.day != day {
            if share.day >= 0 { share.previousClose = shares[index].price }
            share.day = day
            share.open = share.price
            share.high = share.price
            share.low = share.price
        }
        share.high = max(share.high, share.price)
        share.low = min(share.low, share.price)
        shares[index] = share
        return midnight + Self.sessionOpens + second % Self.sessionSeconds
    }

    /// Midnight of the n-th weekday from the start, in seconds since 1970.
    private func tradingDay(_ number: Int64) -> Int64 {
        let first = settings.start.seconds / 86_400
        // 1970-01-01 was a Thursday: 0 is Monday here.
        let weekday = (first + 3) % 7
        let monday = first - weekday
        let workdays = min(weekday, 5) + number
        return (monday + workdays / 5 * 7 + workdays % 5) * 86_400
    }

    private mutating func dirtyLine(_ index: Int, time: Int64, fetchedAt: Int64) -> String {
        let share = shares[index]
        switch random.below(7) {
        case 0:
            return
                #"{"c":null,"d":null,"dp":null,"h":null,"l":null,"o":null,"pc":null,"t":null,"symbol":"\#(share.symbol)","#
                + #""fetched_at":\#(fetchedAt)}"#
        case 1:
            return #"{"c":0,"d":null,"dp":null,"h":0,"l":0,"o":0,"pc":0,"t":0,"symbol":"\#(share.symbol)","#
                + #""fetched_at":\#(fetchedAt)}"#
        case 2:
            return share.last ?? quote(share, time: time, fetchedAt: fetchedAt)
        case 3:
            // The market has not moved since: the same trade, fetched again.
            return quote(share, time: time, fetchedAt: fetchedAt + 6)
        case 4:
            return quote(share, time: time - 60 - Int64(random.below(600)), fetchedAt: fetchedAt)
        case 5:
            let line = quote(share, time: time, fetchedAt: fetchedAt)
            return line.replacing(#""symbol":"\#(share.symbol)","#, with: "")
        default:
            let line = quote(share, time: time, fetchedAt: fetchedAt)
            return String(decoding: line.utf8.prefix(10 + random.below(line.utf8.count - 20)), as: UTF8.self)
        }
    }

    private func quote(_ share: Share, time: Int64, fetchedAt: Int64) -> String {
        let change = share.price - share.previousClose
        let scaled = change * 1_000_000
        let half = share.previousClose / 2
        let percent = (scaled >= 0 ? scaled + half : scaled - half) / share.previousClose
        return #"{"c":\#(decimal(share.price, 2)),"d":\#(decimal(change, 2)),"dp":\#(decimal(percent, 4)),"#
            + #""h":\#(decimal(share.high, 2)),"l":\#(decimal(share.low, 2)),"o":\#(decimal(share.open, 2)),"#
            + #""pc":\#(decimal(share.previousClose, 2)),"t":\#(time),"symbol":"\#(share.symbol)","#
            + #""fetched_at":\#(fetchedAt)}"#
    }

    /// A scaled integer as JSON writes the number: no zeros at the end, no point where it is whole.
    private func decimal(_ scaled: Int64, _ places: Int) -> String {
        let scale: Int64 = places == 2 ? 100 : 10_000
        let sign = scaled < 0 ? "-" : ""
        let whole = scaled.magnitude / scale.magnitude
        let fraction = scaled.magnitude % scale.magnitude
        guard fraction > 0 else { return "\(sign)\(whole)" }
        var digits = String(fraction)
        digits = String(repeating: "0", count: places - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(sign)\(whole).\(digits)"
    }
}

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// A number from 0 to `bound - 1`, of the high half of a product: no division, no standard library's
    /// choice.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
