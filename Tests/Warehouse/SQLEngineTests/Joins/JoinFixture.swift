import Vectors

@testable import SQLEngine

/// A value of a random table, by which rows are compared without vectors.
enum JoinValue: Hashable, Comparable {
    case null
    case truth(Bool)
    case integer(Int128)
    case double(Double)
    case text(String)

    /// Equality of keys: zeros are equal, and so are all NaNs.
    static func == (first: JoinValue, second: JoinValue) -> Bool {
        switch (first, second) {
        case (.null, .null): true
        case (.truth(let first), .truth(let second)): first == second
        case (.integer(let first), .integer(let second)): first == second
        case (.double(let first), .double(let second)): first == second || (first.isNaN && second.isNaN)
        case (.text(let first), .text(let second)): first == second
        default: false
        }
    }
    static func < (first: JoinValue, second: JoinValue) -> Bool { first.key < second.key }
    func hash(into hasher: inout Hasher) { hasher.combine(key) }

    var isNull: Bool { if case .null = self { true } else { false } }

    fileprivate var key: String {
        switch self {
        case .null: "NULL"
        case .truth(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .double(let value): value.isNaN ? "NaN" : "\(value == 0 ? 0 : value)f"
        case .text(let value): "'\(value)'"
        }
    }
}

typealias JoinRow = [JoinValue]

struct JoinRandom: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}

/// Random tables: rows, and the same rows in batches whose vectors vary in layout, dictionary and validity.
struct JoinTable {
    let types: [SQLType]
    var rows: [JoinRow] = []
    var batches: [Batch] = []

    /// - Parameters:
    ///   - spread: from how many values each column draws.
    ///   - batchRows: the most rows of a batch.
    init(
        _ types: [SQLType], rows count: Int, spread: Int, nulls: Double = 0.1, batchRows: Int = 50,
        _ random: inout JoinRandom
    ) {
        self.types = types
        while rows.count < count {
            let size = min(count - rows.count, Int.random(in: 1...batchRows, using: &random))
            let columns = types.map { JoinColumn($0, size, spread, nulls, &random) }
            for row in 0..<size { rows.append(columns.map { $0.values[row] }) }
            batches.append(Batch(columns.map(\.vector), count: size, order: UInt64(batches.count)))
        }
    }

    func source(streams: Int) -> BatchSource {
        let parts = (0..<streams).map { part in
            stride(from: part, to: batches.count, by: streams).map { batches[$0] }
        }
        return BatchSource(types: types, parts: parts)
    }
}

private struct JoinColumn {
    var values: [JoinValue] = []
    let vector: Vector

    init(_ type: SQLType, _ count: Int, _ spread: Int, _ nulls: Double, _ random: inout JoinRandom) {
        let hasNulls = nulls > 0 && Bool.random(using: &random)
        var numbers: [Int] = []
        var valid: [Bool] = []
        for _ in 0..<count {
            numbers.append(Int.random(in: 0..<spread, using: &random))
            valid.append(!hasNulls || Double.random(in: 0..<1, using: &random) >= nulls)
        }
        let isOther = Bool.random(using: &random)
        switch type {
        case .float: (vector, values) = Self.doubles(numbers, asDecimals: isOther)
        case .varchar: (vector, values) = Self.texts(numbers, isReversed: isOther, spread)
        case .boolean:
            vector = Vector.allocate(type, count: count, hasValidity: true)
            for row in 0..<count {
                vector.bools[row] = UInt8(numbers[row] & 1)
                values.append(.truth(numbers[row] & 1 == 1))
            }
        default: (vector, values) = Self.integers(type, numbers, isWide: type.isNumber && isOther)
        }
        for row in 0..<count {
            vector.validity?[row] = valid[row] ? 1 : 0
            if !valid[row] { values[row] = .null }
        }
    }

    private static func integers(_ type: SQLType, _ numbers: [Int], isWide: Bool) -> (Vector, [JoinValue]) {
        // Wide vectors have values that need it, among others that do not.
        let values = numbers.map { isWide && $0 % 5 == 4 ? Int128($0) << 70 : Int128($0 - 3) }
        let vector = Vector.allocate(
            type, layout: isWide ? .int128 : .int64, count: numbers.count, hasValidity: true)
        for (row, value) in values.enumerated() {
            if isWide { vector.int128s[row] = value } else { vector.int64s[row] = Int64(value) }
        }
        return (vector, values.map { .integer($0) })
    }

    private static func doubles(_ numbers: [Int], asDecimals: Bool) -> (Vector, [JoinValue]) {
        if asDecimals {
            let vector = Vector.allocate(
                .float, layout: .int64, scale: 2, count: numbers.count, hasValidity: true)
            for (row, number) in numbers.enumerated() { vector.int64s[row] = Int64(number * 10) }
            return (vector, numbers.map { .double(Double($0 * 10) / 100) })
        }
        let vector = Vector.allocate(.float, layout: .double, count: numbers.count, hasValidity: true)
        let values = numbers.map { number in
            switch number % 7 {
            case 0: number == 0 ? -0.0 : Double(number * 10) / 100
            case 6: Double.nan
            default: Double(number * 10) / 100
            }
        }
        for (row, value) in values.enumerated() { vector.doubles[row] = value }
        return (vector, values.map { .double($0) })
    }

    private static func texts(_ numbers: [Int], isReversed: Bool, _ spread: Int) -> (Vector, [JoinValue]) {
        var strings = (0..<spread).map { "text \($0)" + String(repeating: "-", count: $0 % 13) }
        if isReversed { strings.reverse() }
        let vector = Vector.allocate(
            .varchar, count: numbers.count, hasValidity: true, dictionary: StringDictionary(strings))
        for (row, number) in numbers.enumerated() { vector.codes[row] = UInt32(number) }
        return (vector, numbers.map { .text(strings[$0]) })
    }
}

enum JoinResults {
    /// The rows that an operator gives, in the order of its batches.
    static func rows(_ plan: any PhysicalOperator, _ context: ExecutionContext) throws -> [JoinRow] {
        let collector = RowCollector(types: plan.types, keys: [], maySpill: false, bytesPerRow: 0, context)
        var rows: [JoinRow] = []
        if case .memory(let batches) = try collector.collect(try plan.open(context)) {
            for batch in batches { rows += self.rows(batch) }
        }
        return rows
    }

    static func rows(_ batch: Batch) -> [JoinRow] {
        (0..<batch.count).map { row in batch.columns.map { value($0, row) } }
    }

    static func value(_ vector: Vector, _ row: Int) -> JoinValue {
        switch vector.scalar(at: row) {
        case .null: .null
        case .boolean(let value): .truth(value)
        case .number(let value, _): .integer(value)
        case .float(let value): .double(value)
        case .text(let value): .text(value)
        case .temporal(let value, _): .integer(Int128(value))
        case .bytes, .json: .text(vector.scalar(at: row).description)
        }
    }
}

/// A comparison of two columns, as expressions make it.
struct JoinLess: VectorExpression {
    let first: Int
    let second: Int
    let type = SQLType.boolean

    func evaluate(_ batch: Batch, _ context: EvaluationContext) -> Vector {
        let result = Vector.allocate(.boolean, count: batch.count, hasValidity: true)
        for row in 0..<batch.count {
            let truth = Self.isLess(
                JoinResults.value(batch.columns[first], row), JoinResults.value(batch.columns[second], row))
            result.bools[row] = truth == true ? 1 : 0
            result.validity?[row] = truth == nil ? 0 : 1
        }
        return result
    }

    static func isLess(_ first: JoinValue, _ second: JoinValue) -> Bool? {
        guard case .integer(let first) = first, case .integer(let second) = second else { return nil }
        return first < second
    }
}

/// Joins by trying every pair.
struct NaiveJoin {
    var kind: JoinKind
    var leftKeys: [Int] = []
    var rightKeys: [Int] = []
    var nullSafe: [Bool] = []
    var less: (left: Int, right: Int)?

    private func keysEqual(_ left: JoinRow, _ right: JoinRow) -> Bool? {
        var result: Bool? = true
        for (index, (first, second)) in zip(leftKeys, rightKeys).enumerated() {
            let (first, second) = (left[first], right[second])
            if !nullSafe[index], first.isNull || second.isNull {
                if result == true { result = nil }
            } else if first != second {
                return false
            }
        }
        return result
    }

    func rows(_ left: JoinTable, _ right: JoinTable) -> [JoinRow] {
        var result: [JoinRow] = []
        var rightMatched = right.rows.map { _ in false }
        for row in left.rows {
            var matches = 0
            var mark = JoinValue.truth(false)
            for (index, other) in right.rows.enumerated() {
                if let less, JoinLess.isLess(row[less.left], other[less.right]) != true { continue }
                let equal = keysEqual(row, other)
                if equal == nil, mark == .truth(false) { mark = .null }
                guard equal == true else { continue }
                mark = .truth(true)
                matches += 1
                rightMatched[index] = true
                if [.inner, .left, .right, .full, .leftSingle].contains(kind) { result.append(row + other) }
            }
            let noRight = right.types.map { _ in JoinValue.null }
            switch kind {
            case .left, .full, .leftSingle: if matches == 0 { result.append(row + noRight) }
            case .semi: if matches > 0 { result.append(row) }
            case .anti: if matches == 0 { result.append(row) }
            case .mark: result.append(row + [mark])
            case .inner, .right: break
            }
        }
        if kind == .right || kind == .full {
            for (other, isMatched) in zip(right.rows, rightMatched) where !isMatched {
                result.append(left.types.map { _ in .null } + other)
            }
        }
        return result
    }
}

extension [JoinRow] {
    /// The rows as texts, in an order that depends on nothing else.
    var ordered: [String] { map { $0.map(\.key).joined(separator: "|") }.sorted() }
}
