import SQLEngine
import Testing
import Vectors

/// Draws that are the same in every run.
struct Draws: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// Tables of random values in all forms that vectors have.
enum RowFixtures {
    static let types: [SQLType] = [
        .integer, .varchar, .float, .timestampTZ, .boolean, .number(precision: 38, scale: 4), .date, .float,
        .variant,
    ]

    /// One column of random values; `form` picks among the layouts of its type.
    static func vector(_ type: SQLType, count: Int, form: Int, nulls: Bool, _ draws: inout Draws) -> Vector {
        let nullable = nulls && draws.below(3) > 0
        let vector: Vector
        switch type {
        case .float where form % 2 == 0:
            vector = .allocate(type, layout: .int64, scale: form % 4, count: count, hasValidity: nullable)
            for row in 0..<count { vector.int64s[row] = Int64(draws.below(200)) - 100 }
        case .float:
            vector = .allocate(type, layout: .double, count: count, hasValidity: nullable)
            let special = [0.0, -0.0, .infinity, -.infinity, .nan, 1.5]
            for row in 0..<count {
                vector.doubles[row] =
                    draws.below(8) == 0 ? special[draws.below(6)] : Double(draws.below(100)) / 8 - 5
            }
        case .number(_, let scale) where scale > 0 && form % 3 == 0:
            vector = .allocate(type, layout: .int128, count: count, hasValidity: nullable)
            for row in 0..<count {
                vector.int128s[row] = Int128(draws.below(1 << 40) - 1 << 39) << Int128(draws.below(3) * 25)
            }
        case .boolean:
            vector = .allocate(type, count: count, hasValidity: nullable)
            for row in 0..<count { vector.bools[row] = UInt8(draws.below(2)) }
        case .varchar, .variant: vector = strings(type, count, form, nullable, &draws)
        case .timestampTZ:
            vector = .allocate(type, count: count, hasValidity: nullable)
            for row in 0..<count {
                vector.int64s[row] = TimestampTZ.pack(
                    utcMicroseconds: Int64(draws.below(40)), offsetMinutes: 60 * (draws.below(5) - 2))
            }
        default:
            vector = .allocate(type, count: count, hasValidity: nullable)
            let spread = form % 5 == 0 ? Int64.max / 2 : 50
            for row in 0..<count { vector.int64s[row] = Int64(draws.below(Int(spread))) - spread / 2 }
        }
        if let validity = vector.validity {
            for row in 0..<count { validity[row] = draws.below(5) == 0 ? 0 : 1 }
        }
        return vector
    }

    private static func strings(
        _ type: SQLType, _ count: Int, _ form: Int, _ nullable: Bool, _ draws: inout Draws
    ) -> Vector {
        let long = String(repeating: "x", count: 9)
        let texts =
            type == .variant
            ? ["1", "2.5", "-3", "\"a\"", "\"ab\"", "true", "null", "[1]", "{\"a\":1}"]
            : form % 4 == 0
                ? (0..<max(1, count)).map { _ in "k\(draws.below(100_000))" }
                : ["", "a", "ab", "a\u{0}", long + "1", long + "2", long, "é", "z", "a"]
        let vector = Vector.allocate(
            type, layout: .string, count: count, hasValidity: nullable, dictionary: StringDictionary(texts))
        for row in 0..<count { vector.codes[row] = UInt32(draws.below(texts.count)) }
        return vector
    }

    /// Batches in rising order, dealt out to streams.
    static func source(
        _ types: [SQLType], rows: Int, streams: Int, batchRows: Int, nulls: Bool = true, seed: UInt64
    ) -> BatchSource {
        var draws = Draws(seed)
        var parts = [[Batch]](repeating: [], count: streams)
        var left = rows
        var order: UInt64 = 0
        while left > 0 {
            let count = min(left, 1 + draws.below(batchRows))
            let form = draws.below(12)
            let columns = types.map { vector($0, count: count, form: form, nulls: nulls, &draws) }
            parts[draws.below(streams)].append(Batch(columns, count: count, order: order))
            left -= count
            order += 1 + UInt64(draws.below(3))
        }
        return BatchSource(types: types, parts: parts)
    }

    /// All rows of an operator in the order of its batches.
    static func rows(_ plan: any PhysicalOperator, _ context: ExecutionContext = ExecutionContext()) throws
        -> [[Scalar]]
    {
        var batches: [Batch] = []
        for stream in try plan.open(context) {
            var last: UInt64?
            while let batch = try stream.next() {
                #expect(batch.count > 0 && batch.columns.count == plan.types.count)
                #expect(last.map { $0 < batch.order } ?? true)
                last = batch.order
                batches.append(batch)
            }
        }
        batches.sort { $0.order < $1.order }
        return batches.flatMap { batch in
            (0..<batch.count).map { row in batch.columns.map { $0.scalar(at: row) } }
        }
    }

    /// Whether all memory has been given back. Threads may still let go of their last task.
    static func isReleased(_ context: ExecutionContext) async -> Bool {
        for _ in 0..<2000 where context.memory.taken != 0 { try? await Task.sleep(for: .milliseconds(1)) }
        return context.memory.taken == 0
    }

    /// Less than 0 where `first` precedes `second`.
    static func compare(_ first: Scalar, _ second: Scalar, _ key: SortKey) -> Int {
        if first == .null || second == .null {
            if first == second { return 0 }
            return (first == .null) == key.nullsFirst ? -1 : 1
        }
        let order = values(first, second)
        return key.isDescending ? -order : order
    }

    private static func values(_ first: Scalar, _ second: Scalar) -> Int {
        switch (first, second) {
        case (.number(let one, _), .number(let other, _)): return sign(one, other)
        case (.boolean(let one), .boolean(let other)): return sign(one ? 1 : 0, other ? 1 : 0)
        case (.text(let one), .text(let other)):
            return one.utf8.elementsEqual(other.utf8)
                ? 0 : (one.utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1)
        case (.temporal(let one, let type), .temporal(let other, _)):
            return type == .timestampTZ ? sign(one >> 7, other >> 7) : sign(one, other)
        case (.float(let one), .float(let other)):
            if one.isNaN || other.isNaN { return sign(one.isNaN ? 1 : 0, other.isNaN ? 1 : 0) }
            return sign(one, other)
        case (.json(let one), .json(let other)):
            let texts = ["true", "-3", "1", "2.5", "\"a\"", "\"ab\"", "[1]", "{\"a\":1}", "null"]
            return sign(texts.firstIndex(of: one) ?? 0, texts.firstIndex(of: other) ?? 0)
        default: return 0
        }
    }

    private static func sign<Value: Comparable>(_ one: Value, _ other: Value) -> Int {
        one < other ? -1 : (one == other ? 0 : 1)
    }

    /// As SortOperator should, the slow way.
    static func sorted(_ rows: [[Scalar]], _ keys: [SortKey]) -> [[Scalar]] {
        rows.enumerated().sorted { one, other in
            for key in keys {
                let order = compare(one.element[key.column], other.element[key.column], key)
                if order != 0 { return order < 0 }
            }
            return one.offset < other.offset
        }.map(\.element)
    }

    /// Whether rows are equal, NaN being equal to itself.
    static func isEqual(_ first: [[Scalar]], _ second: [[Scalar]]) -> Bool {
        first.count == second.count
            && zip(first, second).allSatisfy { one, other in
                one.count == other.count && zip(one, other).allSatisfy { "\($0)" == "\($1)" }
            }
    }
}
