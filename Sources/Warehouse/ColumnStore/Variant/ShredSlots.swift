import JSON
import Vectors

/// What a row of a path holds while a row group is being read.
enum ShredTag {
    static let missing: UInt8 = 0
    static let decimal: UInt8 = 1
    /// JSON null: the same number as in a vector's validity, so that tags of decimals and nulls are one.
    static let null: UInt8 = 2
    static let double: UInt8 = 3
    static let string: UInt8 = 4
    static let boolean: UInt8 = 5
    static let count = 6
}

/// The values of one path while a row group is being read: eight bytes and a tag a row. Plain memory; see
/// `VariantBuilder`.
///
/// Decimals are integers of less than `magnitudeMax` that count units of 10^-scale. The scale grows with the
/// values that come, and those already here are multiplied; where they do not allow it, the value is kept as
/// a double.
struct ShredSlots {
    var values: UnsafeMutablePointer<Int64>
    var tags: UnsafeMutablePointer<UInt8>
    var scale = 0
    /// A scale that larger values here do not allow to be exceeded.
    var scaleCeiling = 18
    var strings = StringCodes()
    /// Whether a vector has taken the memory of values and tags.
    private var isTaken = false
    private let capacity: Int

    static let magnitudeMax: UInt64 = 1_000_000_000_000_000_000

    init(capacity: Int, _ pool: ShredPool) {
        self.capacity = capacity
        // One piece for both, the tags behind the values.
        let piece = pool.take(byteCount: capacity * 9)
        values = piece.assumingMemoryBound(to: Int64.self)
        tags = (piece + capacity * 8).assumingMemoryBound(to: UInt8.self)
        tags.initialize(repeating: ShredTag.missing, count: capacity)
    }

    /// Makes room for more rows.
    mutating func grow(from rows: Int, to capacity: Int, _ pool: ShredPool) {
        var larger = ShredSlots(capacity: capacity, pool)
        larger.values.update(from: values, count: rows)
        larger.tags.update(from: tags, count: rows)
        larger.scale = scale
        larger.scaleCeiling = scaleCeiling
        swap(&larger.strings, &strings)
        free(pool)
        self = larger
    }

    /// Frees all memory.
    mutating func free(_ pool: ShredPool) {
        if !isTaken { pool.give(UnsafeMutableRawPointer(values), byteCount: capacity * 9) }
        strings.free()
    }

    /// Gives the memory of values and tags away; until `restart` they are not to be written to.
    mutating func take(_ pool: ShredPool) -> ShredMemory {
        isTaken = true
        return ShredMemory(UnsafeMutableRawPointer(values), byteCount: capacity * 9, of: pool)
    }

    /// Ready for other rows, from the first one on.
    mutating func restart(_ pool: ShredPool) {
        if isTaken {
            var fresh = ShredSlots(capacity: capacity, pool)
            swap(&fresh.strings, &strings)
            self = fresh
        } else {
            tags.update(repeating: ShredTag.missing, count: capacity)
            _ = strings.take()
            scale = 0
            scaleCeiling = 18
        }
    }

    /// Keeps `magnitude` times 10^-`fraction` if it can be a decimal here.
    ///
    /// - Parameter magnitude: less than `magnitudeMax`.
    mutating func store(magnitude: UInt64, fraction: Int, isNegative: Bool, row: Int) -> Bool {
        var (magnitude, fraction) = (magnitude, fraction)
        if fraction > scale {
            while fraction > scale, magnitude % 10 == 0, fraction > 0 {
                magnitude /= 10
                fraction -= 1
            }
            if fraction > scale, !grow(scale: fraction, rows: row) { return false }
        }
        let (scaled, overflow) = magnitude.multipliedReportingOverflow(by: Self.power(scale - fraction))
        guard !overflow, scaled < Self.magnitudeMax else { return false }
        values[row] = isNegative ? -Int64(scaled) : Int64(scaled)
        tags[row] = ShredTag.decimal
        return true
    }

    @inline(never)
    private mutating func grow(scale newScale: Int, rows: Int) -> Bool {
        guard newScale <= scaleCeiling else { return false }
        let factor = Self.power(newScale - scale)
        let limit = Self.magnitudeMax / factor
        for row in 0..<rows where tags[row] == ShredTag.decimal && values[row].magnitude >= limit {
            scaleCeiling = newScale - 1
            return false
        }
        for row in 0..<rows where tags[row] == ShredTag.decimal { values[row] *= Int64(factor) }
        scale = newScale
        return true
    }

    /// 10 to the power of `exponent`, 0 to 18.
    static func power(_ exponent: Int) -> UInt64 { UInt64(truncatingIfNeeded: integerPower(exponent)) }

    /// Keeps any JSON number, as a decimal or else as the double that has its digits; false if neither holds
    /// it.
    @inline(never)
    mutating func store(number text: UnsafeBufferPointer<UInt8>, row: Int) -> Bool {
        let digits = JSONDecimal(text)
        if digits.isExact, digits.digitCount <= 18, digits.exponent <= 18, digits.exponent >= -18 {
            let mantissa = UInt64(truncatingIfNeeded: digits.mantissa)
            let (magnitude, overflow) = mantissa.multipliedReportingOverflow(
                by: Self.power(max(0, digits.exponent)))
            if !overflow, magnitude < Self.magnitudeMax,
                store(
                    magnitude: magnitude, fraction: max(0, -digits.exponent), isNegative: digits.isNegative,
                    row: row)
            {
                return true
            }
        }
        guard let value = JSONNumber.exactDouble(text, digits) else { return false }
        values[row] = Int64(bitPattern: value.bitPattern)
        tags[row] = ShredTag.double
        return true
    }

    /// Keeps a string.
    mutating func store(string: UnsafeBufferPointer<UInt8>, row: Int) {
        values[row] = Int64(strings.code(string))
        tags[row] = ShredTag.string
    }

    /// Keeps a boolean.
    mutating func store(boolean: Bool, row: Int) {
        values[row] = boolean ? 1 : 0
        tags[row] = ShredTag.boolean
    }

    /// How many rows have each tag.
    func histogram(rows: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: ShredTag.count)
        guard rows > 0 else { return counts }
        let first = tags[0]
        let pattern = UInt64(first) &* 0x0101_0101_0101_0101
        let raw = UnsafeRawPointer(tags)
        var row = 0
        // Most rows of most columns have the tag of the first one.
        while row + 8 <= rows {
            if raw.loadUnaligned(fromByteOffset: row, as: UInt64.self) == pattern {
                counts[Int(first)] += 8
            } else {
                for next in row..<(row + 8) { counts[Int(tags[next])] += 1 }
            }
            row += 8
        }
        while row < rows {
            counts[Int(tags[row])] += 1
            row += 1
        }
        return counts
    }
}
