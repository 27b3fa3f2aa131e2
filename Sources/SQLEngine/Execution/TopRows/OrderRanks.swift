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

    /// The ranks of a vector's rows as an `int64` vector without NULLs; `nil` where some value has none.
    static func ranks(_ vector: Vector, _ key: SortKey) -> Vector? {
        let vector = vector.type == .float ? vector.asDoubles() : vector
        if vector.layout == .int64, !key.isDescending, vector.validity == nil, vector.type != .timestampTZ {
            return vector
        }
        guard vector.layout == .int64 || vector.layout == .double || vector.layout == .bool else {
            return nil
        }
        let result = Vector.allocate(.integer, count: vector.count)
        let ranks = result.int64s
        for row in 0..<vector.count {
            switch vector.layout {
            case .bool: ranks[row] = Int64(vector.bools[row])
            case .double: ranks[row] = rank(vector.doubles[row])
            default: ranks[row] = vector.int64s[row]
            }
        }
        if vector.type == .timestampTZ {
            for row in 0..<vector.count { ranks[row] = TimestampTZ.utcMicroseconds(ranks[row]) }
        }
        if key.isDescending { for row in 0..<vector.count { ranks[row] = ~ranks[row] } }
        if let validity = vector.validity {
            let ofNull: Int64 = key.nullsFirst ? .min : .max
            for row in 0..<vector.count {
                if validity[row] != 0, ranks[row] == ofNull { return nil }
                if validity[row] == 0 { ranks[row] = ofNull }
            }
        }
        return result
    }

    /// Doubles in order: all bits of negative ones but the sign are turned; NaN comes last, and both zeros are equal.
    @inline(__always)
    private static func rank(_ value: Double) -> Int64 {
        let bits = Int64(bitPattern: (value == 0 ? 0 : value.isNaN ? .nan : value).bitPattern)
        return bits ^ ((bits >> 63) & .max)
    }
}
