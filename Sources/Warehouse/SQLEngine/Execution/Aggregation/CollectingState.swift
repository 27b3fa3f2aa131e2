import JSON
import Vectors

/// Aggregates that need all values of a group at once: MEDIAN and percentiles, MODE, LISTAGG, ARRAY_AGG,
/// OBJECT_AGG. Rows
/// are kept with their groups, and put in order at the end.
final class CollectingState: AggregateState {
    private let function: AggregateFunction
    private let argumentCount: Int
    private let order: [SortKey]
    private let type: SQLType
    private var groups: [UInt32] = []
    private var orders: [RowNumber] = []
    private let collectors: [VectorCollector]

    /// - Parameters:
    ///   - types: those of the arguments, and behind them those of the keys of WITHIN GROUP's order.
    ///   - order: the directions of these keys.
    init(
        _ function: AggregateFunction, types: [SQLType], argumentCount: Int, order: [SortKey], result: SQLType
    ) {
        self.function = function
        self.argumentCount = argumentCount
        self.order = order
        type = result
        collectors = types.map { VectorCollector($0) }
    }

    func grow(to groups: Int) {}

    func add(_ arguments: [Vector], _ rows: GroupedRows) {
        let value = arguments[0]
        var kept: [UInt32] = []
        for row in 0..<rows.count where value.isValid(row) {
            kept.append(UInt32(row))
            groups.append(rows.groups[row])
            orders.append(rows.number(row))
        }
        kept.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for (collector, vector) in zip(collectors, arguments) {
                collector.append(vector, rows: base, count: buffer.count)
            }
        }
    }

    func merge(_ other: any AggregateState, groups map: [UInt32]) {
        let other = ofThisKind(other)
        var kept: [UInt32] = []
        for (row, group) in other.groups.enumerated() where map[Int(group)] != KeyTable.none {
            kept.append(UInt32(row))
            groups.append(map[Int(group)])
            orders.append(other.orders[row])
        }
        let vectors = other.collectors.map { $0.finish() }
        kept.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for (collector, vector) in zip(collectors, vectors) {
                collector.append(vector, rows: base, count: buffer.count)
            }
        }
    }

    func finish(_ count: Int) throws -> Vector {
        let vectors = collectors.map { $0.finish() }
        var starts = [Int](repeating: 0, count: count + 1)
        for group in groups { starts[Int(group) + 1] += 1 }
        for group in 0..<count { starts[group + 1] += starts[group] }
        var places = starts
        var rows = [Int](repeating: 0, count: groups.count)
        for (row, group) in groups.enumerated() {
            rows[places[Int(group)]] = row
            places[Int(group)] += 1
        }
        return try finish(count, vectors) { sorted(Array(rows[starts[$0]..<starts[$0 + 1]]), vectors) }
    }

    private func finish(_ count: Int, _ vectors: [Vector], _ rows: (Int) -> [Int]) throws -> Vector {
        switch function {
        case .listAggregate, .arrayAggregate, .objectAggregate:
            let builder = StringDictionaryBuilder(capacity: count)
            let result = Vector.allocate(type, layout: .string, count: count, hasValidity: true)
            for group in 0..<count {
                builder.append(text(rows(group), vectors))
                result.codes[group] = UInt32(group)
                result.validity?[group] = 1
            }
            if count == 0 { return Vector.nulls(type, count: 0) }
            return result.with(dictionary: builder.finish())
        case .mode, .percentileDiscrete:
            let collector = VectorCollector(type, capacity: count)
            let null = Vector.nulls(type, count: 1)
            for group in 0..<count {
                guard let row = chosen(rows(group), vectors) else {
                    collector.append(null)
                    continue
                }
                var index = UInt32(row)
                collector.append(vectors[0], rows: &index, count: 1)
            }
            return collector.finish()
        default: return try interpolated(count, rows, vectors)
        }
    }

    /// Rows in the order that the function wants.
    private func sorted(_ rows: [Int], _ vectors: [Vector]) -> [Int] {
        switch function {
        case .listAggregate, .arrayAggregate, .objectAggregate:
            return rows.sorted { a, b in
                for (place, key) in order.enumerated() {
                    let vector = vectors[argumentCount + place]
                    let result = Self.compare(vector, a, b, key)
                    if result != 0 { return result < 0 }
                }
                return orders[a] < orders[b]
            }
        case .percentileDiscrete where order.first?.isDescending == true:
            return rows.sorted { Comparison.compareRows(vectors[0], $0, vectors[0], $1) > 0 }
        default: return rows.sorted { Comparison.compareRows(vectors[0], $0, vectors[0], $1) < 0 }
        }
    }

    private static func compare(_ vector: Vector, _ a: Int, _ b: Int, _ key: SortKey) -> Int {
        switch (vector.isValid(a), vector.isValid(b)) {
        case (false, false): return 0
        case (false, true): return key.nullsFirst ? -1 : 1
        case (true, false): return key.nullsFirst ? 1 : -1
        case (true, true):
            let order = Comparison.compareRows(vector, a, vector, b)
            return key.isDescending ? -order : order
        }
    }

    /// The percentile's fraction, which is the same for all rows.
    private func fraction(_ vectors: [Vector]) -> Double {
        if case .float(let value) = vectors[1].scalar(at: 0) { value } else { 0 }
    }

    private func chosen(_ rows: [Int], _ vectors: [Vector]) -> Int? {
        guard !rows.isEmpty else { return nil }
        if function == .percentileDiscrete {
            let place = Int((fraction(vectors) * Double(rows.count)).rounded(.up)) - 1
            return rows[min(max(place, 0), rows.count - 1)]
        }
        var best = (row: rows[0], count: 0)
        var start = 0
        for index in 1...rows.count {
            if index < rows.count,
                Comparison.compareRows(vectors[0], rows[index], vectors[0], rows[start]) == 0
            {
                continue
            }
            if index - start > best.count { best = (rows[start], index - start) }
            start = index
        }
        return best.row
    }

    private func interpolated(_ count: Int, _ rows: (Int) -> [Int], _ vectors: [Vector]) throws -> Vector {
        let source = vectors[0]
        var numbers = [Int128](repeating: 0, count: count)
        var doubles = [Double](repeating: 0, count: count)
        var isValid = [Bool](repeating: false, count: count)
        let values = source.type == .float ? source.asDoubles() : source
        let fraction = function == .median ? 0.5 : fraction(vectors)
        for group in 0..<count {
            let rows = rows(group)
            guard !rows.isEmpty else { continue }
            isValid[group] = true
            let place = fraction * Double(rows.count - 1)
            let (low, high) = (rows[Int(place.rounded(.down))], rows[Int(place.rounded(.up))])
            let part = place - place.rounded(.down)
            if source.type == .float {
                doubles[group] =
                    part == 0
                    ? values.doubles[low]
                    : values.doubles[low] + part * (values.doubles[high] - values.doubles[low])
            } else {
                let wide = values.layout == .int128 ? values : nil
                let (a, b) = (
                    wide?.int128s[low] ?? Int128(values.int64s[low]),
                    wide?.int128s[high] ?? Int128(values.int64s[high])
                )
                guard let first = DecimalMath.shifted(a, by: type.scale - source.scale),
                    let last = DecimalMath.shifted(b, by: type.scale - source.scale)
                else { throw SQLError(.data, "the median has more than 38 digits") }
                numbers[group] =
                    part == 0.5
                    ? DecimalMath.divideRounded(first + last, by: 2)
                    : first + Int128((Double(last - first) * part).rounded(.toNearestOrAwayFromZero))
            }
        }
        if source.type != .float { return VectorMaking.numbers(numbers, type) { isValid[$0] } }
        let result = Vector.allocate(.float, layout: .double, count: count, hasValidity: true)
        for group in 0..<count {
            result.doubles[group] = doubles[group]
            result.validity?[group] = isValid[group] ? 1 : 0
        }
        return result
    }

    private func text(_ rows: [Int], _ vectors: [Vector]) -> [UInt8] {
        var result: [UInt8] = []
        switch function {
        case .listAggregate:
            for (index, row) in rows.enumerated() {
                if index > 0, argumentCount > 1, vectors[1].isValid(row) { result += vectors[1].bytes(row) }
                result += vectors[0].bytes(row)
            }
        case .arrayAggregate:
            result.append(UInt8(ascii: "["))
            for (index, row) in rows.enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                result += vectors[0].variantText(at: row).utf8
            }
            result.append(UInt8(ascii: "]"))
        default:
            // Keys come in the order of their bytes; NULL values are left out.
            let pairs = rows.filter { vectors[1].isValid($0) }.sorted {
                Comparison.compareRows(vectors[0], $0, vectors[0], $1) < 0
            }
            result.append(UInt8(ascii: "{"))
            for (index, row) in pairs.enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                result += JSONText.quoted(vectors[0].bytes(row)).utf8
                result.append(UInt8(ascii: ":"))
                result += vectors[1].variantText(at: row).utf8
            }
            result.append(UInt8(ascii: "}"))
        }
        return result
    }

    var byteCount: Int { groups.count * 12 + collectors.reduce(0) { $0 + $1.byteCount } }
}

/// DISTINCT: passes each pair of group and values to another state once.
final class DistinctState: AggregateState {
    private let inner: any AggregateState
    private let table: KeyTable
    private let types: [SQLType]
    private var scratch: [UInt32] = []
    private static let groupType = SQLType.number(precision: 18, scale: 0)

    init(_ inner: any AggregateState, types: [SQLType]) {
        self.inner = inner
        self.types = types
        table = KeyTable([Self.groupType] + types)
    }

    func grow(to groups: Int) { inner.grow(to: groups) }

    func add(_ arguments: [Vector], _ rows: GroupedRows) throws {
        let groups = Vector.allocate(Self.groupType, count: rows.count)
        for row in 0..<rows.count { groups.int64s[row] = Int64(rows.groups[row]) }
        try insert([groups] + arguments, rows.count)
    }

    private func insert(_ columns: [Vector], _ count: Int) throws {
        if scratch.count < count { scratch = [UInt32](repeating: 0, count: count) }
        try scratch.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            try table.groups(of: columns, count: count, into: base)
        }
    }

    func merge(_ other: any AggregateState, groups map: [UInt32]) throws {
        let other = ofThisKind(other)
        guard other.table.count > 0 else { return }
        var columns = other.table.keyVectors()
        let kept = (0..<other.table.count).filter { map[Int(columns[0].int64s[$0])] != KeyTable.none }.map {
            UInt32($0)
        }
        columns = columns.map { $0.picking(kept) }
        let groups = Vector.allocate(Self.groupType, count: kept.count)
        for row in kept.indices { groups.int64s[row] = Int64(map[Int(columns[0].int64s[row])]) }
        columns[0] = groups
        try insert(columns, kept.count)
    }

    func finish(_ groups: Int) throws -> Vector {
        let columns = table.keyVectors()
        inner.grow(to: groups)
        if table.count > 0 {
            let numbers = (0..<table.count).map { UInt32(truncatingIfNeeded: columns[0].int64s[$0]) }
            try numbers.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                try inner.add(Array(columns.dropFirst()), GroupedRows(base, count: buffer.count, order: 0))
            }
        }
        return try inner.finish(groups)
    }

    var byteCount: Int { table.byteCount + inner.byteCount }
}
