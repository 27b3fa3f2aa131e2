import SQLEngine
import TestSupport
import Testing
import Vectors

@Suite struct ComparisonTests {
    private static let operators: [BinaryOperator] = [
        .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual,
    ]

    private func expected(_ operation: BinaryOperator, _ order: Int) -> Bool {
        switch operation {
        case .equal: order == 0
        case .notEqual: order != 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        default: order >= 0
        }
    }

    /// All operators, sides exchanged, against constants and vectors, and row by row, agree with `order`.
    private func check(_ left: Vector, _ right: Vector, _ order: (Int) -> Int?) throws {
        for operation in Self.operators {
            let result = try Comparison.bind(operation, left.type)(left, right)
            for row in 0..<left.count {
                let shown = order(row).map { expected(operation, $0) ? "TRUE" : "FALSE" } ?? "NULL"
                #expect(result.scalar(at: row).description == shown, "\(operation) at \(row)")
            }
        }
        let distinct = try Comparison.isDistinct(left.type)(left, right)
        for row in 0..<left.count {
            let isDistinct = order(row).map { $0 != 0 } ?? (left.isValid(row) || right.isValid(row))
            #expect(distinct.bools[row] == (isDistinct ? 1 : 0))
            if let order = order(row) {
                #expect(Comparison.compareRows(left, row, right, row).signum() == order.signum())
            }
        }
    }

    private func order<Value: Comparable>(_ a: Value?, _ b: Value?) -> Int? {
        guard let a, let b else { return nil }
        return a < b ? -1 : (a == b ? 0 : 1)
    }

    @Test func comparesIntegers() throws {
        let a: [Int64?] = [1, nil, .min, .max, 0, -5, 7], b: [Int64?] = [2, 3, .max, .max, nil, -6, 7]
        for type in [SQLType.number(precision: 19, scale: 0), .integer] {
            try check(Rows.integers(a, type), Rows.integers(b, type)) { order(a[$0], b[$0]) }
            let constant = Vector.constant(.integer(0), type, count: a.count)
            try check(Rows.integers(a, type), constant) { order(a[$0], 0) }
            try check(constant, Rows.integers(a, type)) { order(0, a[$0]) }
            try check(Rows.integers(a, type).widened(), Rows.integers(b, type)) { order(a[$0], b[$0]) }
            try check(Rows.integers(a, type), Vector.nulls(type, count: a.count)) { _ in nil }
        }
        try check(Rows.booleans([true, false, nil]), Rows.booleans([false, false, true])) { [1, 0, nil][$0] }
    }

    /// Instants count, not offsets.
    @Test func comparesInstants() throws {
        let values = [0, 60, -480].map { TimestampTZ.pack(utcMicroseconds: 5, offsetMinutes: $0) }
        let later = TimestampTZ.pack(utcMicroseconds: 6, offsetMinutes: -480)
        try check(Rows.raw(values, .timestampTZ), Rows.raw([values[1], values[0], later], .timestampTZ)) {
            [0, 0, -1][$0]
        }
    }

    @Test func comparesDoublesWithNaN() throws {
        let values: [Double] = [.nan, .infinity, -.infinity, 0, -0.0, 1.5, -1.5]
        let rank = { (value: Double) in value.isNaN ? (1, 0.0) : (0, value) }
        for other in values {
            let constant = Vector.constant(.float(other), .float, count: values.count)
            let order = { (row: Int) -> Int in
                let (a, b) = (rank(values[row]), rank(other))
                return a < b ? -1 : (a == b ? 0 : 1)
            }
            try check(Rows.floats(values), constant) { order($0) }
            try check(Rows.floats(values), Rows.floats(values.map { _ in other })) { order($0) }
            try check(constant, Rows.floats(values)) { -order($0) }
        }
    }

    /// Decimals against constants and other decimals compare as the doubles that they stand for.
    @Test func comparesDecimalsAsDoubles() throws {
        var generator = SeededGenerator(seed: 44)
        for _ in 0..<300 {
            let scales = (Int.random(in: 0...6, using: &generator), Int.random(in: 0...6, using: &generator))
            let a = (0..<16).map { _ in Int64.random(in: -300...300, using: &generator) }
            let b = (0..<16).map { _ in Int64.random(in: -300...300, using: &generator) }
            let (left, right) = (Rows.raw(a, .float, scale: scales.0), Rows.raw(b, .float, scale: scales.1))
            let (x, y) = (left.asDoubles(), right.asDoubles())
            try check(left, right) { order(x.doubles[$0], y.doubles[$0]) }
            let bound =
                Bool.random(using: &generator) ? x.doubles[0] : Double.random(in: -3...3, using: &generator)
            for constant in [bound, bound.nextUp, bound.nextDown, 1e300, -.infinity, .nan] {
                let vector = Vector.constant(.float(constant), .float, count: 16)
                try check(left, vector) { constant.isNaN ? -1 : order(x.doubles[$0], constant) }
                try check(vector, left) { constant.isNaN ? 1 : order(constant, x.doubles[$0]) }
            }
            let decimal = Vector.constant(
                .number(Int128(b[0]), scale: scales.1), .decimal(5, scales.1), count: 16)
            try check(left, Rows.cast(decimal, .float)) { order(x.doubles[$0], y.doubles[0]) }
        }
    }

    @Test func comparesText() throws {
        let a: [String?] = ["", "a", "ab", nil, "äbcdefghijk", "abcdefgh1", "abcdefgh", "Z"]
        let b: [String?] = ["a", "a", "a", "x", "äbcdefghijl", "abcdefgh0", "abcdefghi", "a"]
        let bytes = { (text: String?) in text.map { Array($0.utf8) } }
        func order(_ a: String?, _ b: String?) -> Int? {
            guard let a = bytes(a), let b = bytes(b) else { return nil }
            return a == b ? 0 : (a.lexicographicallyPrecedes(b) ? -1 : 1)
        }
        try check(Rows.texts(a), Rows.texts(b)) { order(a[$0], b[$0]) }
        for text in ["", "a", "abcdefgh", "zz"] {
            let constant = Vector.constant(.text(text), .varchar, count: a.count)
            try check(Rows.texts(a), constant) { order(a[$0], text) }
            try check(constant, Rows.texts(a)) { order(text, a[$0]) }
            let few = Rows.texts(a).slice(from: 4, count: 3)
            try check(few, constant.slice(from: 0, count: 3)) { order(a[$0 + 4], text) }
        }
        let both = Rows.texts(a + b)
        try check(both.slice(from: 0, count: 8), both.slice(from: 8, count: 8)) { order(a[$0], b[$0]) }
    }

    @Test func comparesVariants() throws {
        let a = Rows.json(["1", "1.50", "\"a\\u0062\"", "null", "[1]", "true", "2", "1e2", nil])
        let b = Rows.json(["2", "1.5", "\"ab\"", "null", "[2]", "false", "\"2\"", "100", "1"])
        try check(a, b) { [-1, 0, 0, 0, -1, 1, -1, 0, nil][$0] }
        let numbers = Rows.raw([100, 150, 0], .variant, scale: 2, validity: [1, 1, 2])
        try check(numbers, Rows.json(["1", "1.6", "null"])) { [0, -1, 0][$0] }
        let plain = Rows.texts(["ab", "c"]).with(type: .variant, isJSON: false)
        try check(plain, Rows.json(["\"ab\"", "\"b\""])) { [0, 1][$0] }
    }
}
