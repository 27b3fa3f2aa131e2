/// Reads quotes from lines of JSON.
///
/// Lines in the shape that producers write (the usual keys in the usual order, with or without a blank behind
/// `:` and `,`) take a short way that compares keys and turns digits into numbers; every other line goes
/// through `QuoteDocument`, by a complete JSON parser, with the same results. Not thread-safe.
public final class QuoteParser {
    private let general = QuoteDocument()

    /// Makes a parser.
    public init() {}

    /// Reads one line, without its line break, into `quote`.
    ///
    /// - Throws: `QuoteRejection` where the line is no JSON object, has no symbol, or a field is no number.
    public func parse(_ line: UnsafeRawBufferPointer, into quote: inout ParsedQuote) throws(QuoteRejection) {
        if !Self.parseUsualShape(line, into: &quote) {
            quote = ParsedQuote()
            try general.parse(line, into: &quote)
        }
        try Self.checkTime(quote.time, "t")
        try Self.checkTime(quote.fetchedAt, "fetched_at")
    }

    /// 9999-12-31 23:59:59, the last second that a timestamp can name.
    public static let timeMax: Int64 = 253_402_300_799

    private static func checkTime(_ time: QuoteNumber, _ name: String) throws(QuoteRejection) {
        let greatest = Double(timeMax)
        guard let seconds = time.value, !(0...greatest).contains(seconds) else { return }
        let hint = seconds > greatest && seconds < greatest * 1000 ? "; it looks like milliseconds" : ""
        throw QuoteRejection("\(name) is out of range: seconds from 1970 to 9999 are expected\(hint)")
    }

    // MARK: The short way

    /// Reads a line in the shape that producers write; false where it is of another one.
    package static func parseUsualShape(
        _ line: UnsafeRawBufferPointer, into quote: inout ParsedQuote
    ) -> Bool {
        guard let base = line.baseAddress else { return false }
        var cursor = Cursor(
            position: base.assumingMemoryBound(to: UInt8.self),
            end: (base + line.count).assumingMemoryBound(to: UInt8.self))
        guard cursor.skip(UInt8(ascii: "{")),
            cursor.key("\"c\""), cursor.number(into: &quote.currentPrice), cursor.comma(),
            cursor.key("\"d\""), cursor.number(into: &quote.change), cursor.comma(),
            cursor.key("\"dp\""), cursor.number(into: &quote.changePercent), cursor.comma(),
            cursor.key("\"h\""), cursor.number(into: &quote.dayHigh), cursor.comma(),
            cursor.key("\"l\""), cursor.number(into: &quote.dayLow), cursor.comma(),
            cursor.key("\"o\""), cursor.number(into: &quote.dayOpen), cursor.comma(),
            cursor.key("\"pc\""), cursor.number(into: &quote.previousClose), cursor.comma(),
            cursor.key("\"t\""), cursor.number(into: &quote.time), cursor.comma(),
            cursor.key("\"symbol\""), cursor.plainString(into: &quote.symbol), cursor.comma(),
            cursor.key("\"fetched_at\""), cursor.number(into: &quote.fetchedAt),
            cursor.skip(UInt8(ascii: "}")), cursor.position == cursor.end
        else { return false }
        return true
    }

    private struct Cursor {
        var position: UnsafePointer<UInt8>
        let end: UnsafePointer<UInt8>

        @inline(__always)
        mutating func skip(_ byte: UInt8) -> Bool {
            guard position < end, position.pointee == byte else { return false }
            position += 1
            return true
        }

        @inline(__always)
        mutating func comma() -> Bool {
            guard skip(UInt8(ascii: ",")) else { return false }
            _ = skip(UInt8(ascii: " "))
            return true
        }

        @inline(__always)
        mutating func key(_ text: StaticString) -> Bool {
            let count = text.utf8CodeUnitCount
            guard end - position > count else { return false }
            for index in 0..<count where position[index] != text.utf8Start[index] { return false }
            position += count
            guard skip(UInt8(ascii: ":")) else { return false }
            _ = skip(UInt8(ascii: " "))
            return true
        }

        @inline(__always)
        mutating func plainString(into bytes: inout UnsafeRawBufferPointer) -> Bool {
            guard skip(UInt8(ascii: "\"")) else { return false }
            let start = position
            while position < end, position.pointee != UInt8(ascii: "\"") {
                // Escapes, control characters and what is not ASCII take the long way.
                guard position.pointee >= 0x20, position.pointee < 0x7F,
                    position.pointee != UInt8(ascii: "\\")
                else { return false }
                position += 1
            }
            bytes = UnsafeRawBufferPointer(start: start, count: position - start)
            return bytes.count > 0 && skip(UInt8(ascii: "\""))
        }

        @inline(__always)
        mutating func number(into number: inout QuoteNumber) -> Bool {
            let decimal = ShortDecimal(&position, end: end)
            guard let decimal else {
                guard end - position > 4, position[0] == UInt8(ascii: "n"), position[1] == UInt8(ascii: "u"),
                    position[2] == UInt8(ascii: "l"), position[3] == UInt8(ascii: "l")
                else { return false }
                position += 4
                number = .null
                return true
            }
            number = decimal.number
            return true
        }
    }
}

/// A decimal number that is exact in 15 digits and that SQLite writes in just these characters: no exponent,
/// no superfluous zeros, at least 0.0001 where it is not zero.
struct ShortDecimal {
    let number: QuoteNumber

    private static let powersOfTen: [UInt64] = [
        1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
        100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
    ]

    private static let zeros: UInt64 = 0x3030_3030_3030_3030

    /// The high bit of the first byte that was no digit, and of others behind it, of eight from which "0" has been taken
    /// by exclusive or.
    @inline(__always)
    private static func nonDigits(_ bytes: UInt64) -> UInt64 {
        // A carry out of a byte that is no digit reaches only bytes behind it.
        (bytes | (bytes &+ 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080
    }

    /// The number that eight bytes of 0 to 9 are, the first digit in the lowest byte: neighbours are joined.
    @inline(__always)
    private static func joined(_ digits: UInt64) -> UInt64 {
        let two = (digits &* 2561) >> 8 & 0x00FF_00FF_00FF_00FF
        let four = (two &* 6_553_601) >> 16 & 0x0000_FFFF_0000_FFFF
        return (four &* 42_949_672_960_001) >> 32
    }

    /// Reads one that lies in eight bytes with what is behind it, without a branch on where its digits end. `nil` where
    /// it does not, or is not in the form that is wanted.
    @inline(__always)
    private static func short(_ position: inout UnsafePointer<UInt8>) -> QuoteNumber? {
        // Everything in bits, eight a character.
        let word = UInt64(littleEndian: UnsafeRawPointer(position).loadUnaligned(as: UInt64.self))
        let sign: UInt64 = word & 0xFF == 0x2D ? 1 : 0
        let digits = word >> (sign &* 8) ^ zeros
        let ends = nonDigits(digits) & ~0 >> (sign &* 8)
        let whole = UInt64(truncatingIfNeeded: ends.trailingZeroBitCount) &- 7
        let point: UInt64 = (digits &>> whole) & 0xFF == 0x1E ? 1 : 0
        let end = ends & (ends &- point)
        guard end != 0 else { return nil }
        let length = UInt64(truncatingIfNeeded: end.trailingZeroBitCount) &- 7
        let places = ((length &- whole &- 8) & (0 &- point)) >> 3
        let next = (digits &>> length) & 0xFF
        let isSuperfluous =
            (digits & 0xFF == 0 && whole > 8)
            || (point != 0 && (places == 0 || (places > 1 && (digits &>> (length &- 8)) & 0xFF == 0)))
        guard whole != 0, !isSuperfluous, next == 0x1C || next == 0x4D else { return nil }
        let below = (1 &<< whole) &- 1
        let magnitude = joined(
            (digits & below | digits >> (point &* 8) & ~below) &<< (64 &- (length &- point &* 8)))
        // Zero has neither sign nor places, and nothing is below 0.0001.
        if places > 1 ? magnitude < powersOfTen[max(4, Int(places)) &- 4] : magnitude == 0 && sign != 0 {
            return nil
        }
        position += Int(truncatingIfNeeded: sign &+ length >> 3)
        let value = (Int64(bitPattern: magnitude) ^ (0 &- Int64(sign))) &+ Int64(sign)
        return point == 0 ? QuoteNumber(integer: value) : QuoteNumber(digits: value, places: Int(places))
    }

    /// Goes over digits and appends them to `mantissa`, which wraps where there are more than are wanted: eight at a
    /// time, as long as there are eight bytes to look at.
    @inline(__always)
    private static func takeDigits(
        _ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ mantissa: inout UInt64
    ) {
        while end - cursor >= 8 {
            let bytes = UInt64(littleEndian: UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self)) ^ zeros
            let count = nonDigits(bytes).trailingZeroBitCount >> 3
            if count == 0 { return }
            mantissa = mantissa &* powersOfTen[count] &+ joined(bytes << UInt64(64 - count * 8))
            cursor += count
            if count < 8 { return }
        }
        while cursor < end, cursor.pointee &- UInt8(ascii: "0") < 10 {
            mantissa = mantissa &* 10 &+ UInt64(cursor.pointee &- UInt8(ascii: "0"))
            cursor += 1
        }
    }

    /// Reads one at `position`, which moves behind it; leaves it where it is and gives `nil` for anything
    /// else.
    @inline(__always)
    init?(_ position: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) {
        if end - position >= 8, let short = Self.short(&position) {
            number = short
            return
        }
        var cursor = position
        let isNegative = cursor < end && cursor.pointee == UInt8(ascii: "-")
        if isNegative { cursor += 1 }
        var mantissa: UInt64 = 0
        let whole = cursor
        Self.takeDigits(&cursor, end, &mantissa)
        let wholeDigits = cursor - whole
        guard (1...15).contains(wholeDigits), wholeDigits == 1 || whole.pointee != UInt8(ascii: "0") else {
            return nil
        }
        if cursor < end, cursor.pointee == UInt8(ascii: ".") {
            cursor += 1
            let fraction = cursor
            Self.takeDigits(&cursor, end, &mantissa)
            let fractionDigits = cursor - fraction
            guard fractionDigits >= 1, wholeDigits + fractionDigits <= 15,
                fractionDigits == 1 || cursor[-1] != UInt8(ascii: "0")
            else { return nil }
            let isShort =
                mantissa == 0
                ? !isNegative && fractionDigits == 1
                // At least 0.0001.
                : fractionDigits <= 4 || mantissa >= Self.powersOfTen[fractionDigits - 4]
            guard isShort else { return nil }
            number = QuoteNumber(
                digits: isNegative ? -Int64(mantissa) : Int64(mantissa), places: fractionDigits)
        } else {
            guard mantissa != 0 || !isNegative else { return nil }
            number = QuoteNumber(integer: isNegative ? -Int64(mantissa) : Int64(mantissa))
        }
        guard cursor < end, cursor.pointee == UInt8(ascii: ",") || cursor.pointee == UInt8(ascii: "}") else {
            return nil
        }
        position = cursor
    }
}
