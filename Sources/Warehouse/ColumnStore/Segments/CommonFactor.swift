internal import CKernels

/// What all integers of a segment are multiples of, such as a million where timestamps are whole seconds.
enum CommonFactor {
    /// Less is not worth a multiplication for each value that is read.
    private static let factorMin: UInt64 = 5

    /// The greatest common divisor of all values and the quotients; `nil` where it is not worth it.
    ///
    /// - Parameters:
    ///   - min: the least of the values.
    ///   - max: the greatest, which is another one.
    static func divide(_ values: UnsafePointer<Int64>, rows: Int, min: Int64, max: Int64) -> (
        factor: Int64, values: [Int64]
    )? {
        var factor = Swift.max(min.magnitude, 0)
        let step = Swift.max(1, rows / 64)
        for row in stride(from: 0, to: rows, by: step) {
            factor = divisor(factor, values[row].magnitude)
            if factor > 0, factor < factorMin { return nil }
        }
        factor = divisor(factor, max.magnitude)
        guard factor >= factorMin, factor <= UInt64(Int64.max) else { return nil }
        let signed = Int64(factor)
        var divisor = th_divisor(
            inverse: inverse(factor >> UInt64(factor.trailingZeroBitCount)), min: min / signed,
            max: max / signed,
            shift: UInt32(factor.trailingZeroBitCount))
        var isMultiple = true
        let quotients = [Int64](unsafeUninitializedCapacity: rows) { buffer, count in
            isMultiple = th_divide(values, rows, &divisor, buffer.baseAddress) != 0
            count = rows
        }
        return isMultiple ? (signed, quotients) : nil
    }

    private static func divisor(_ first: UInt64, _ second: UInt64) -> UInt64 {
        var (first, second) = (first, second)
        while second != 0 { (first, second) = (second, first % second) }
        return first
    }

    /// The inverse of an odd number modulo 2^64: each step of Newton's doubles the bits that are right, of
    /// which there are three to begin with.
    private static func inverse(_ odd: UInt64) -> UInt64 {
        var inverse = odd
        for _ in 0..<5 { inverse = inverse &* (2 &- odd &* inverse) }
        return inverse
    }
}
