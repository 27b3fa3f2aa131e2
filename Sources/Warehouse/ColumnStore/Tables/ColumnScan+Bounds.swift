import JSON
package import Vectors

extension ColumnScan {
    /// Whether no row of a range has a value of a requested column in `lower ... upper`, as far as that can
    /// be told without decoding. NULL is in no interval.
    ///
    /// - Parameter start: a multiple of 1,024.
    /// - Throws: `ColumnStoreError` with code `damaged`.
    package func isExcluded(
        _ column: Int, lower: Scalar?, upper: Scalar?, piece: Int, start: Int, count: Int
    ) throws -> Bool {
        let requested = columns[column]
        guard lower != nil || upper != nil, let info = requested.info, !isDelta(piece), count > 0 else {
            return false
        }
        switch requested.sources[piece] {
        case .nothing: return true
        case .composed: return false
        case .defaultValue:
            return requested.path.isEmpty && info.defaultZone?.excludes(lower: lower, upper: upper) ?? false
        case .segment(let key, let entry):
            if entry.zone.excludes(lower: lower, upper: upper) { return true }
            guard entry.zone.layout == .int64, start + count < entry.zone.rows || start > 0 else {
                return false
            }
            let group = snapshot.rowGroups[piece]
            let segment = try segment(group, key, entry)
            return try place(group, key).locating {
                for block
                    in (start / SegmentFormat.blockRows)...((start + count - 1) / SegmentFormat.blockRows)
                {
                    guard let (min, max) = try segment.bounds(block: block) else { return false }
                    let bounds = ZoneMap.Bounds.integers(min: min, max: max)
                    guard bounds.excludes(scale: segment.scale, lower: lower, upper: upper) else {
                        return false
                    }
                }
                return true
            }
        }
    }
}

extension ZoneMap {
    /// Whether no value is in `lower ... upper`.
    package func excludes(lower: Scalar?, upper: Scalar?) -> Bool {
        values == 0 || bounds.excludes(scale: scale, lower: lower, upper: upper)
    }
}

extension ZoneMap.Bounds {
    /// Whether nothing within these bounds is in `lower ... upper`. Where types do not suit each other,
    /// nothing is said.
    func excludes(scale: Int, lower: Scalar?, upper: Scalar?) -> Bool {
        switch self {
        case .none: return false
        case .integers(let min, let max):
            return Self.excludes(Int128(min), Int128(max), scale: scale, lower: lower, upper: upper)
        case .wide(let min, let max): return Self.excludes(min, max, scale: scale, lower: lower, upper: upper)
        case .doubles(let min, let max, let hasNaN):
            // NaN is above all other numbers.
            if let upper = upper.flatMap(Self.double), min > upper { return true }
            if !hasNaN, let lower = lower.flatMap(Self.double), max < lower { return true }
            return false
        case .strings(let min, let max):
            // Typed values of a VARIANT are others than their texts say.
            guard let max, Self.precedes(max, TypedText.least) else { return false }
            if case .text(let text) = upper, Self.precedes(Array(text.utf8), min) { return true }
            if case .text(let text) = lower, Self.precedes(max, Array(text.utf8)) { return true }
            return false
        }
    }

    private static func precedes(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        first.lexicographicallyPrecedes(second)
    }

    private static func excludes(_ min: Int128, _ max: Int128, scale: Int, lower: Scalar?, upper: Scalar?)
        -> Bool
    {
        if let upper, let order = compare(min, scale, upper), order > 0 { return true }
        if let lower, let order = compare(max, scale, lower), order < 0 { return true }
        return false
    }

    /// Less than 0, 0 or more as the integer is below, equal to or above the scalar; `nil` where that is not
    /// certain.
    private static func compare(_ value: Int128, _ scale: Int, _ scalar: Scalar) -> Int? {
        switch scalar {
        case .number(let other, let otherScale):
            guard (0...38).contains(otherScale), (0...38).contains(scale) else { return nil }
            let common = Swift.max(scale, otherScale)
            let (first, overflow) = value.multipliedReportingOverflow(by: integerPower(common - scale))
            let (second, otherOverflow) = other.multipliedReportingOverflow(
                by: integerPower(common - otherScale))
            return overflow || otherOverflow ? nil : (first < second ? -1 : first > second ? 1 : 0)
        case .float(let other):
            guard value.magnitude < 1 << 53, scale <= 22, !other.isNaN else { return nil }
            let first = Double(value) / decimalPower(scale)
            return first < other ? -1 : first > other ? 1 : 0
        case .temporal(let other, _): return value < Int128(other) ? -1 : value > Int128(other) ? 1 : 0
        case .boolean(let other): return Int(value) - (other ? 1 : 0)
        case .null, .text, .bytes, .json: return nil
        }
    }

    private static func double(_ scalar: Scalar) -> Double? {
        switch scalar {
        case .float(let value): value.isNaN ? nil : value
        case .number(let value, let scale):
            value.magnitude < 1 << 53 && scale <= 22 ? Double(value) / decimalPower(scale) : nil
        default: nil
        }
    }
}
