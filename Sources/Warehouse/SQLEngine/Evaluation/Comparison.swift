import JSON
package import Vectors

/// Comparisons of vectors that are of one type already (see `TypeRules.comparison`).
///
/// Text compares by its bytes. NaN equals itself and is greater than all other numbers.
package enum Comparison {
    package typealias Compare = @Sendable (_ left: Vector, _ right: Vector) throws -> Vector

    /// The comparison `operation` (= <> < <= > >=): a BOOLEAN, NULL where either side is.
    package static func bind(_ operation: BinaryOperator, _ type: SQLType) -> Compare {
        let truth = Truth(operation)
        return { left, right in
            let count = min(left.count, right.count)
            if type == .null || left.type == .null || right.type == .null || left.isConstantNull
                || right.isConstantNull
            {
                return Vector.nulls(.boolean, count: count)
            }
            let result = Vector.allocate(.boolean, count: count)
            if count > 0 {
                if left.isConstant, !right.isConstant {
                    fill(result.bools, right, left, count, truth.mirrored, type)
                } else {
                    fill(result.bools, left, right, count, truth, type)
                }
            }
            return result.withNulls(of: left, right).withoutJSONNullMarks(type)
                .with(isConstant: left.isConstant && right.isConstant)
        }
    }

    /// IS DISTINCT FROM: NULLs are equal to each other, so that nothing is NULL.
    package static func isDistinct(_ type: SQLType) -> Compare {
        let unequal = bind(.notEqual, type)
        return { left, right in
            let count = min(left.count, right.count)
            let compared = try unequal(left, right)
            let result = Vector.allocate(.boolean, count: count)
            for row in 0..<count {
                let (first, second) = (left.isValid(row), right.isValid(row))
                result.bools[row] = first && second ? compared.bools[row] : (first != second ? 1 : 0)
            }
            return result.with(isConstant: left.isConstant && right.isConstant)
        }
    }

    /// What a comparison makes of less, equal and greater.
    struct Truth: Sendable {
        var operation: BinaryOperator
        var less: UInt8
        var equal: UInt8
        var greater: UInt8

        init(_ operation: BinaryOperator) {
            self.operation = operation
            less = [.less, .lessOrEqual, .notEqual].contains(operation) ? 1 : 0
            equal = [.equal, .lessOrEqual, .greaterOrEqual].contains(operation) ? 1 : 0
            greater = [.greater, .greaterOrEqual, .notEqual].contains(operation) ? 1 : 0
        }

        /// With the sides exchanged.
        var mirrored: Truth {
            switch operation {
            case .less: Truth(.greater)
            case .lessOrEqual: Truth(.greaterOrEqual)
            case .greater: Truth(.less)
            case .greaterOrEqual: Truth(.lessOrEqual)
            default: self
            }
        }

        @inline(__always)
        func callAsFunction(_ order: Int) -> UInt8 { order < 0 ? less : (order == 0 ? equal : greater) }
    }

    private static func fill(
        _ target: UnsafeMutablePointer<UInt8>, _ left: Vector, _ right: Vector, _ count: Int, _ truth: Truth,
        _ type: SQLType
    ) {
        switch type {
        case .null: break
        case .boolean: fillOrdered(target, left.bools, right.bools, right.isConstant, count, truth.operation)
        case .number, .date, .time, .timestampNTZ, .timestampLTZ:
            fillNumbers(target, left, right, count, truth)
        case .timestampTZ:
            // Only the instants count.
            let (a, b) = (left.int64s, right.int64s)
            loop(target, count, truth.operation, { a[$0] >> 7 }, { b[$0] >> 7 })
        case .float: fillFloats(target, left, right, count, truth)
        case .varchar, .binary: fillText(target, left, right, count, truth)
        case .variant, .object, .array:
            if left.isPlainText, right.isPlainText {
                return fillText(target, left, right, count, truth)
            }
            for row in 0..<count where left.isValid(row) && right.isValid(row) {
                target[row] = truth(VariantTextOrder.compare(left, row, right, row))
            }
            for row in 0..<count where !(left.isValid(row) && right.isValid(row)) { target[row] = 0 }
        }
    }

    private static func fillNumbers(
        _ target: UnsafeMutablePointer<UInt8>, _ left: Vector, _ right: Vector, _ count: Int, _ truth: Truth
    ) {
        if left.layout == .int64, right.layout == .int64 {
            return fillOrdered(target, left.int64s, right.int64s, right.isConstant, count, truth.operation)
        }
        let (a, b) = (left.widened(), right.widened())
        let (x, y) = (a.int128s, b.int128s)
        loop(target, count, truth.operation, { x[$0] }, { y[$0] })
        withExtendedLifetime((a, b)) {}
    }

    @inline(__always)
    private static func fillOrdered<Value: Comparable>(
        _ target: UnsafeMutablePointer<UInt8>, _ left: UnsafePointer<Value>, _ right: UnsafePointer<Value>,
        _ isConstant: Bool, _ count: Int, _ operation: BinaryOperator
    ) {
        if isConstant {
            let constant = right[0]
            loop(target, count, operation, { left[$0] }, { _ in constant })
        } else {
            loop(target, count, operation, { left[$0] }, { right[$0] })
        }
    }

    @inline(__always)
    static func loop<Value: Comparable>(
        _ target: UnsafeMutablePointer<UInt8>, _ count: Int, _ operation: BinaryOperator,
        _ left: (Int) -> Value,
        _ right: (Int) -> Value
    ) {
        switch operation {
        case .equal: for row in 0..<count { target[row] = left(row) == right(row) ? 1 : 0 }
        case .notEqual: for row in 0..<count { target[row] = left(row) != right(row) ? 1 : 0 }
        case .less: for row in 0..<count { target[row] = left(row) < right(row) ? 1 : 0 }
        case .lessOrEqual: for row in 0..<count { target[row] = left(row) <= right(row) ? 1 : 0 }
        case .greater: for row in 0..<count { target[row] = left(row) > right(row) ? 1 : 0 }
        default: for row in 0..<count { target[row] = left(row) >= right(row) ? 1 : 0 }
        }
    }

    // MARK: Single rows

    /// How a row of one vector compares with a row of another, both of the same type and not NULL: negative,
    /// 0 or positive.
    package static func compareRows(_ a: Vector, _ i: Int, _ b: Vector, _ j: Int) -> Int {
        switch a.type {
        case .null: return 0
        case .boolean: return order(a.bools[i], b.bools[j])
        case .number, .date, .time, .timestampNTZ, .timestampLTZ:
            if a.layout == .int64, b.layout == .int64 { return order(a.int64s[i], b.int64s[j]) }
            return order(wide(a, i), wide(b, j))
        case .timestampTZ: return order(a.int64s[i] >> 7, b.int64s[j] >> 7)
        case .float:
            if a.layout == .int64, b.layout == .int64, a.scale == b.scale {
                return order(a.int64s[i], b.int64s[j])
            }
            return order(double(a, i), double(b, j))
        case .varchar, .binary: return TextOrder.compare(a.bytes(i), b.bytes(j))
        case .variant, .object, .array: return VariantTextOrder.compare(a, i, b, j)
        }
    }

    @inline(__always)
    static func order<Value: Comparable>(_ left: Value, _ right: Value) -> Int {
        left < right ? -1 : (left == right ? 0 : 1)
    }

    /// With NaN as the greatest.
    @inline(__always)
    static func order(_ left: Double, _ right: Double) -> Int {
        if left < right { return -1 }
        if left == right { return 0 }
        if left > right { return 1 }
        return (left.isNaN ? 1 : 0) - (right.isNaN ? 1 : 0)
    }

    private static func wide(_ vector: Vector, _ row: Int) -> Int128 {
        vector.layout == .int64 ? Int128(vector.int64s[row]) : vector.int128s[row]
    }

    static func double(_ vector: Vector, _ row: Int) -> Double {
        switch vector.layout {
        case .int64: Double(vector.int64s[row]) / decimalPower(vector.scale)
        case .int128: Double(vector.int128s[row]) / decimalPower(vector.scale)
        default: vector.doubles[row]
        }
    }
}

extension Vector {
    /// Whether the values of a VARIANT are strings, all of them, by their own characters.
    var isPlainText: Bool {
        layout == .string && !isJSON && dictionary?.mayHaveTypedText == false && hasNoJSONNull
    }

    /// Whether no row of a VARIANT is marked as JSON null.
    var hasNoJSONNull: Bool {
        guard let validity else { return true }
        var any: UInt8 = 0
        for row in 0..<count { any |= validity[row] }
        return any & Self.jsonNull == 0
    }

    /// A comparison's result has the sides' validity, in which JSON null is a value.
    func withoutJSONNullMarks(_ compared: SQLType) -> Vector {
        guard compared.isSemiStructured, let validity, !hasNoJSONNull else { return self }
        let memory = VectorMemory(byteCount: count)
        let target = memory.pointer.bindMemory(to: UInt8.self, capacity: count)
        for row in 0..<count { target[row] = validity[row] == 0 ? 0 : 1 }
        return with(validity: .some(target), alsoKeeping: memory)
    }
}
