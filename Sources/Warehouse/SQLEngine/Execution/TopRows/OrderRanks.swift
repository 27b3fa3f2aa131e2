import Vectors

/// Keys of an order as whole numbers that rise with the order, so that rows can be compared without regard to types.
enum OrderRanks {
    /// Whether values of a type can be ranked: those that are held in 64 bits.
    static func canRank(_ type: SQLType) -> Bool {
        switch type {
        case .boolean, .number, .float, .date, .time, .timestampNTZ, .timestampLTZ, .timestampTZ: true
        default: false
        }
    }

    /// The ranks of a vector's rows as an `int64` vector without NULLs; `nil` where some value has none of its own.
    static func ranks(_ vector: Vector, _ key: SortKey) -> Vector? {
        ranks(vector, key, saturating: false)
    }

    /// The ranks of a vector's rows as an `int64` vector without NULLs. Values beyond 64 bits and NULLs share the
    /// ranks `.min` and `.max` with the values at those ends; `isBefore` tells these apart.
    static func saturatedRanks(_ vector: Vector, _ key: SortKey) -> Vector {
        ranks(vector, key, saturating: true) ?? vector
    }

    private static func ranks(_ vector: Vector, _ key: SortKey, saturating: Bool) -> Vector? {
        let vector = vector.type == .float ? vector.asDoubles() : vector
        if vector.layout == .int64, !key.isDescending, vector.validity == nil, vector.type != .timestampTZ {
            return vector
        }
        let result = Vector.allocate(.integer, count: vector.count)
        let ranks = result.int64s
        switch vector.layout {
        case .bool: for row in 0..<vector.count { ranks[row] = Int64(vector.bools[row]) }
        case .double: for row in 0..<vector.count { ranks[row] = rank(vector.doubles[row]) }
        case .int64: ranks.update(from: vector.int64s, count: vector.count)
        case .int128 where saturating:
            for row in 0..<vector.count { ranks[row] = Int64(clamping: vector.int128s[row]) }
        default: return nil
        }
        if vector.type == .timestampTZ {
            for row in 0..<vector.count { ranks[row] = TimestampTZ.utcMicroseconds(ranks[row]) }
        }
        if key.isDescending { for row in 0..<vector.count { ranks[row] = ~ranks[row] } }
        if let validity = vector.validity {
            let ofNull: Int64 = key.nullsFirst ? .min : .max
            for row in 0..<vector.count {
                if validity[row] != 0, ranks[row] == ofNull, !saturating { return nil }
                if validity[row] == 0 { ranks[row] = ofNull }
            }
        }
        return result
    }

    /// Whether a rank may be that of several values.
    @inline(__always)
    static func isShared(_ rank: Int64) -> Bool { rank == .min || rank == .max }

    /// Whether a value stands before another whose saturated rank is the same; `nil` where they are equal.
    static func isBefore(_ value: Int128?, _ other: Int128?, _ key: SortKey) -> Bool? {
        if value == other { return nil }
        guard let value else { return key.nullsFirst }
        guard let other else { return !key.nullsFirst }
        return (value < other) != key.isDescending
    }

    /// A row's value as a whole number, where its type is held in one.
    static func exactValue(_ vector: Vector, _ row: Int) -> Int128? {
        if let validity = vector.validity, validity[row] == 0 { return nil }
        switch vector.layout {
        case .int64: return Int128(vector.int64s[row])
        case .int128: return vector.int128s[row]
        default: return 0
        }
    }

    /// The order code of a double, as a signed number.
    @inline(__always)
    static func rank(_ value: Double) -> Int64 {
        Int64(bitPattern: OrderCode.of(value) ^ 1 << 63)
    }

    /// The double that has a rank.
    @inline(__always)
    static func double(_ rank: Int64) -> Double {
        Double(bitPattern: UInt64(bitPattern: rank ^ ((rank >> 63) & .max)))
    }
}
