/// A number of a quote, told apart as SQL engines tell JSON's numbers: absent, null, whole or with a fraction.
public struct QuoteNumber: Equatable, Sendable {
    /// What stands in the JSON.
    public enum Kind: UInt8, Sendable {
        /// The key is absent.
        case missing
        /// The value is null.
        case null
        /// A number without fraction or exponent that fits 64 bits.
        case integer
        /// Any other number.
        case real
    }

    /// What stands in the JSON.
    public let kind: Kind
    /// How many digits of a `real` stand behind the point; 0 where `bits` is not its digits but the double.
    private let places: UInt8
    private let bits: Int64

    /// No such key.
    public static let missing = QuoteNumber(kind: .missing, bits: 0)
    /// Null.
    public static let null = QuoteNumber(kind: .null, bits: 0)

    /// A whole number.
    public init(integer: Int64) {
        self.init(kind: .integer, bits: integer)
    }

    /// A number with a fraction.
    public init(real: Double) {
        self.init(kind: .real, bits: Int64(bitPattern: real.bitPattern))
    }

    /// A number of up to 15 digits, `places` of which, at least one, stand behind the point.
    @inline(__always)
    init(digits: Int64, places: Int) {
        self.init(kind: .real, places: UInt8(truncatingIfNeeded: places), bits: digits)
    }

    @inline(__always)
    private init(kind: Kind, places: UInt8 = 0, bits: Int64) {
        self.kind = kind
        self.places = places
        self.bits = bits
    }

    /// The value where `kind` is `integer`.
    public var integer: Int64 { kind == .integer ? bits : 0 }

    /// The value, nearest to what is written, where there is one.
    public var real: Double {
        switch kind {
        case .missing, .null: 0
        case .integer: Double(bits)
        // Both are exact, so the quotient is the double nearest to what is written.
        case .real where places > 0: Double(bits) / Self.powersOfTen[Int(places)]
        case .real: Double(bitPattern: UInt64(bitPattern: bits))
        }
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]

    /// The value, or `nil` where there is none.
    public var value: Double? { kind == .integer || kind == .real ? real : nil }

    /// Whether kind and value are the same.
    public static func == (first: QuoteNumber, second: QuoteNumber) -> Bool {
        first.kind == second.kind && first.integer == second.integer && first.real == second.real
    }
}

/// A quote as Finnhub's `/quote` gives it, with the symbol and the time that the producer adds.
///
/// The symbol's bytes are those of the line, or of the parser's memory: they are valid until the next call.
public struct ParsedQuote {
    /// `c`: the current price.
    public var currentPrice = QuoteNumber.missing
    /// `d`: the change since the previous close.
    public var change = QuoteNumber.missing
    /// `dp`: the change in percent.
    public var changePercent = QuoteNumber.missing
    /// `h`: the day's high.
    public var dayHigh = QuoteNumber.missing
    /// `l`: the day's low.
    public var dayLow = QuoteNumber.missing
    /// `o`: the day's open.
    public var dayOpen = QuoteNumber.missing
    /// `pc`: the previous close.
    public var previousClose = QuoteNumber.missing
    /// `t`: the time of the last trade, in seconds since 1970.
    public var time = QuoteNumber.missing
    /// `symbol`, in UTF-8.
    public var symbol = UnsafeRawBufferPointer(start: nil, count: 0)
    /// `fetched_at`: when the producer asked, in seconds since 1970.
    public var fetchedAt = QuoteNumber.missing
    /// A quote without values.
    public init() {}
}

/// Why a line is no quote.
public struct QuoteRejection: Error, Equatable, Sendable, CustomStringConvertible {
    /// The reason, without the line's content.
    public let reason: String
    /// The byte of the line, from 1, where it went wrong; `nil` where no one byte is to blame.
    public let column: Int?

    /// Makes a rejection.
    public init(_ reason: String, column: Int? = nil) {
        self.reason = reason
        self.column = column
    }

    /// The reason with its column.
    public var description: String { column.map { "\(reason) (column \($0))" } ?? reason }
}
