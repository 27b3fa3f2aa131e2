import Vectors

/// Compares rows of vectors of one column, which may have different forms.
enum KeyComparison {
    /// A key column in a form that any other of its type can be compared with.
    static func comparable(_ vector: Vector) -> Vector {
        if vector.type.isSemiStructured { return vector.asJSONText() }
        return vector.type == .float ? vector.asDoubles() : vector
    }

    /// Less than 0 where the first row comes first; of vectors that `comparable` gave.
    static func compare(_ first: Vector, _ row: Int, _ second: Vector, _ other: Int, _ key: SortKey) -> Int {
        let isValid = first.isValid(row)
        guard isValid, second.isValid(other) else {
            if isValid == second.isValid(other) { return 0 }
            return isValid == key.nullsFirst ? 1 : -1
        }
        let order = values(first, row, second, other)
        return key.isDescending ? -order : order
    }

    private static func values(_ first: Vector, _ row: Int, _ second: Vector, _ other: Int) -> Int {
        switch (first.layout, second.layout) {
        case (.int64, .int64):
            let shift: Int64 = first.type == .timestampTZ ? 7 : 0
            return order(first.int64s[row] >> shift, second.int64s[other] >> shift)
        case (.double, .double):
            return order(OrderCode.of(first.doubles[row]), OrderCode.of(second.doubles[other]))
        case (.bool, .bool): return first.type == .null ? 0 : order(first.bools[row], second.bools[other])
        case (.string, .string):
            let order = first.isJSON ? VariantOrder.compare : UTF8Order.compare
            return order(first.bytes(row), second.bytes(other))
        case (.int128, .int128): return order(first.int128s[row], second.int128s[other])
        case (.int64, .int128): return order(Int128(first.int64s[row]), second.int128s[other])
        case (.int128, .int64): return order(first.int128s[row], Int128(second.int64s[other]))
        default: return 0
        }
    }

    @inline(__always)
    private static func order<Value: Comparable>(_ first: Value, _ second: Value) -> Int {
        first < second ? -1 : (first == second ? 0 : 1)
    }

    /// The highest bits of a key: where two differ, the rows are in that order.
    static func writePrefixes(
        _ vector: Vector, _ key: SortKey, count: Int, to codes: UnsafeMutablePointer<UInt64>
    ) {
        switch vector.layout {
        // Without the bits that hold the offset of a TIMESTAMP_TZ.
        case .int64: for row in 0..<count { codes[row] = OrderCode.of(vector.int64s[row]) & ~127 }
        case .double: for row in 0..<count { codes[row] = OrderCode.of(vector.doubles[row]) }
        case .int128:
            for row in 0..<count { codes[row] = OrderCode.of(Int64(clamping: vector.int128s[row])) & ~127 }
        case .string where !vector.isJSON:
            for row in 0..<count { codes[row] = UTF8Order.word(vector.bytes(row), at: 0) }
        case .bool, .string: codes.initialize(repeating: 0, count: count)
        }
        // The highest bit is for NULL; that of values comes behind it.
        let null: UInt64 = key.nullsFirst ? 0 : 1 << 63
        let some: UInt64 = key.nullsFirst ? 1 << 63 : 0
        let flip: UInt64 = key.isDescending ? UInt64.max >> 1 : 0
        for row in 0..<count {
            codes[row] = vector.isValid(row) ? some | (codes[row] >> 1 ^ flip) : null
        }
    }

    /// Whether prefixes say anything; all vectors of a column must agree on it.
    static func hasPrefixes(_ type: SQLType) -> Bool { !type.isSemiStructured && type != .null }
}
