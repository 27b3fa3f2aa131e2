import JSON
import Vectors

/// Times as integers that order as the values do.
enum AsOfTimes {
    /// Writes the times of rows. Rows of NULL get anything.
    static func read(
        _ vector: Vector, from start: Int, count: Int, into target: UnsafeMutablePointer<Int64>
    ) throws {
        switch vector.layout {
        case .int64 where vector.type == .float:
            let power = decimalPower(vector.scale)
            for row in 0..<count { target[row] = ordered(Double(vector.int64s[start + row]) / power) }
        case .int64 where vector.type == .timestampTZ:
            for row in 0..<count { target[row] = TimestampTZ.utcMicroseconds(vector.int64s[start + row]) }
        case .int64: target.update(from: vector.int64s + start, count: count)
        case .double: for row in 0..<count { target[row] = ordered(vector.doubles[start + row]) }
        case .int128 where vector.type == .float:
            let power = decimalPower(vector.scale)
            for row in 0..<count { target[row] = ordered(Double(vector.int128s[start + row]) / power) }
        case .int128:
            for row in 0..<count {
                guard vector.isValid(start + row) else {
                    target[row] = 0
                    continue
                }
                guard let value = Int64(exactly: vector.int128s[start + row]) else {
                    throw SQLError(
                        .data, "a number in the MATCH_CONDITION of an ASOF JOIN does not fit 64 bits")
                }
                target[row] = value
            }
        case .bool where vector.type == .null: target.initialize(repeating: 0, count: count)
        case .bool, .string:
            throw SQLError(
                .invalid, "the MATCH_CONDITION of an ASOF JOIN compares dates, times, timestamps or numbers")
        }
    }

    /// A double as an integer that orders as it does; NaN is the largest.
    @inline(__always)
    private static func ordered(_ value: Double) -> Int64 {
        let bits = KeyValue.bits(value)
        return bits >= 0 ? bits : bits ^ Int64.max
    }
}
