import JSON

internal import CKernels
internal import Vectors

/// Doubles that are short decimals: each an integer of at most 15 digits over a power of ten, to the last
/// bit.
enum Decimals {
    static let scaleMax = 9
    /// Integers up to here over a power of ten up to 10^22 are the double nearest to the decimal.
    static let magnitudeMax: UInt64 = 999_999_999_999_999

    /// The integers and the least scale that fits all values; `nil` where there is none.
    static func integers(_ values: UnsafePointer<Double>, rows: Int) -> (values: [Int64], scale: Int)? {
        // A sample tells the scale nearly always, and tells soon where there is none.
        var scale = 0
        let step = max(1, rows / 64)
        for row in stride(from: 0, to: rows, by: step) {
            guard let needed = Self.scale(of: values[row], atLeast: scale) else { return nil }
            scale = needed
        }
        var result = [Int64](repeating: 0, count: rows)
        var row = 0
        while row < rows {
            let count = min(SegmentFormat.blockRows, rows - row)
            let fits = result.withUnsafeMutableBufferPointer { out in
                th_decimals(values + row, count, decimalPower(scale), out.baseAddress.unsafelyUnwrapped + row)
                    != 0
            }
            if fits {
                row += count
                continue
            }
            let old = scale
            for index in row..<(row + count) {
                guard let needed = Self.scale(of: values[index], atLeast: scale) else { return nil }
                scale = needed
            }
            guard scale > old else { return nil }
            row = 0
        }
        return (result, scale)
    }

    private static func scale(of value: Double, atLeast least: Int) -> Int? {
        var value = value
        var integer: Int64 = 0
        for scale in least...scaleMax where th_decimals(&value, 1, decimalPower(scale), &integer) != 0 {
            return scale
        }
        return nil
    }
}

/// Doubles as integers of the same order: negative numbers have their lower bits turned. Its own inverse.
@inline(__always)
func orderedBits(_ bits: Int64) -> Int64 { bits ^ ((bits >> 63) & Int64.max) }
