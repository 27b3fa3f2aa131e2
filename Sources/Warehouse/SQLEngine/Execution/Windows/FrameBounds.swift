import CivilTime
import JSON
import Vectors

/// For each row the rows of its frame: from `starts` up to but without `ends`. Both rise within a partition;
/// a frame whose end is not behind its start is empty.
struct FrameBounds {
    private(set) var starts: [Int]
    private(set) var ends: [Int]
    /// Whether each row's frame is its whole partition.
    let isWhole: Bool

    init(_ frame: WindowFrame, _ rows: WindowRows) throws {
        starts = [Int](repeating: 0, count: rows.count)
        ends = starts
        isWhole = frame.start == .unboundedPreceding && frame.end == .unboundedFollowing
        try fill(frame.start, isEnd: false, unit: frame.unit, rows)
        try fill(frame.end, isEnd: true, unit: frame.unit, rows)
    }

    private mutating func fill(
        _ bound: WindowFrame.Bound, isEnd: Bool, unit: WindowFrame.Unit, _ rows: WindowRows
    ) throws {
        let target = isEnd ? \FrameBounds.ends : \FrameBounds.starts
        switch (bound, unit) {
        case (.unboundedPreceding, _): self[keyPath: target] = Self.constant(rows) { first, _ in first }
        case (.unboundedFollowing, _): self[keyPath: target] = Self.constant(rows) { _, last in last }
        case (.currentRow, .rows): self[keyPath: target] = (0..<rows.count).map { isEnd ? $0 + 1 : $0 }
        case (.currentRow, .range):
            let peers = rows.peerBounds()
            self[keyPath: target] = isEnd ? peers.ends : peers.starts
        case (.preceding(let offset), .rows):
            self[keyPath: target] = Self.moved(rows, by: -(try Self.rowCount(offset)) + (isEnd ? 1 : 0))
        case (.following(let offset), .rows):
            self[keyPath: target] = Self.moved(rows, by: try Self.rowCount(offset) + (isEnd ? 1 : 0))
        case (.preceding(let offset), .range):
            self[keyPath: target] = try RangeSearch(rows, offset, isPreceding: true, isEnd: isEnd).places()
        case (.following(let offset), .range):
            self[keyPath: target] = try RangeSearch(rows, offset, isPreceding: false, isEnd: isEnd).places()
        }
    }

    private static func constant(_ rows: WindowRows, _ value: (Int, Int) -> Int) -> [Int] {
        var result = [Int](repeating: 0, count: rows.count)
        for (first, last) in zip(rows.partitions, rows.partitions.dropFirst()) {
            let place = value(first, last)
            for row in first..<last { result[row] = place }
        }
        return result
    }

    private static func moved(_ rows: WindowRows, by offset: Int) -> [Int] {
        var result = [Int](repeating: 0, count: rows.count)
        for (first, last) in zip(rows.partitions, rows.partitions.dropFirst()) {
            for row in first..<last { result[row] = min(last, max(first, row + offset)) }
        }
        return result
    }

    private static func rowCount(_ offset: WindowFrame.Offset) throws -> Int {
        // More than any partition has would overflow sums.
        if case .rows(let count) = offset, count >= 0 { return min(count, 1 << 40) }
        throw SQLError(.invalid, "a frame of ROWS needs a whole number of rows that is not negative")
    }
}

/// Finds bounds that are differences of the order key.
private struct RangeSearch {
    private let rows: WindowRows
    private let key: SortKey
    private let vector: Vector
    private let offset: WindowFrame.Offset
    private let isPreceding: Bool
    private let isEnd: Bool

    init(_ rows: WindowRows, _ offset: WindowFrame.Offset, isPreceding: Bool, isEnd: Bool) throws {
        guard rows.order.count == 1, let key = rows.order.first else {
            throw SQLError(
                .invalid, "a frame of RANGE with an offset needs exactly one expression in ORDER BY")
        }
        self.rows = rows
        self.key = key
        vector = try rows.column(key.column)
        self.offset = offset
        self.isPreceding = isPreceding
        self.isEnd = isEnd
    }

    private var mismatch: SQLError {
        SQLError(.invalid, "the offset of a frame of RANGE does not fit an order by \(vector.type)")
    }

    func places() throws -> [Int] {
        // Values fall where the order is descending, so that what precedes is greater.
        let sign = isPreceding == key.isDescending ? 1 : -1
        switch offset {
        case .rows(let count): return try numbers(Int128(count), 0, sign)
        case .number(let value, let scale): return try numbers(value, scale, sign)
        case .float(let value):
            guard vector.type.isNumeric, value >= 0 else { throw mismatch }
            return doubles(value * Double(sign))
        case .interval(let months, let microseconds):
            return try times(months * sign, microseconds * Int64(sign))
        }
    }

    private func numbers(_ value: Int128, _ scale: Int, _ sign: Int) throws -> [Int] {
        guard vector.type.isNumeric || vector.type == .date, value >= 0 else { throw mismatch }
        if vector.layout == .double {
            return doubles(Double(value) / decimalPower(scale) * Double(sign))
        }
        guard vector.layout == .int64 || vector.layout == .int128 else { throw mismatch }
        let common = max(scale, vector.scale)
        let factor = integerPower(common - vector.scale)
        let (distance, overflow) = value.multipliedReportingOverflow(
            by: integerPower(common - scale) * Int128(sign))
        guard !overflow else { throw mismatch }
        let wide = vector.widened()
        var scaled = [Int128](repeating: 0, count: rows.count)
        for row in 0..<rows.count where wide.isValid(row) {
            let (value, overflow) = wide.int128s[row].multipliedReportingOverflow(by: factor)
            if overflow { throw mismatch }
            scaled[row] = value
        }
        return search(
            scaled,
            scaled.map { value in
                let (sum, overflow) = value.addingReportingOverflow(distance)
                return overflow ? (distance < 0 ? .min : .max) : sum
            })
    }

    private func doubles(_ distance: Double) -> [Int] {
        let values = vector.asDoubles()
        let own = (0..<rows.count).map { OrderCode.of(values.doubles[$0]) }
        return search(own, (0..<rows.count).map { OrderCode.of(values.doubles[$0] + distance) })
    }

    private func times(_ months: Int, _ microseconds: Int64) throws -> [Int] {
        guard vector.type.isTemporal, vector.layout == .int64, months == 0 || vector.type != .time else {
            throw mismatch
        }
        let perUnit = vector.type == .date ? Calendar.microsecondsPerDay : 1
        let shift: Int64 = vector.type == .timestampTZ ? 7 : 0
        var own = [Int128](repeating: 0, count: rows.count)
        var wanted = own
        for row in 0..<rows.count where vector.isValid(row) {
            let value = vector.int64s[row] >> shift
            own[row] = Int128(value) * Int128(perUnit)
            wanted[row] =
                Int128(Self.added(months, to: value, perUnit: perUnit)) * Int128(perUnit)
                + Int128(microseconds)
        }
        return search(own, wanted)
    }

    /// Months later, at the end of the month where it has no such day.
    private static func added(_ months: Int, to value: Int64, perUnit: Int64) -> Int64 {
        if months == 0 { return value }
        let unitsPerDay = Calendar.microsecondsPerDay / perUnit
        let (days, rest) = Calendar.floorDivide(value, by: unitsPerDay)
        let date = Calendar.date(days: days)
        let (year, month) = Calendar.floorDivide(Int64(date.year * 12 + date.month - 1 + months), by: 12)
        let day = min(date.day, Calendar.daysInMonth(year: Int(year), month: Int(month) + 1))
        return Calendar.days(year: Int(year), month: Int(month) + 1, day: day) * unitsPerDay + rest
    }

    /// For a start the first row that does not precede the wanted value, for an end the first that follows
    /// it. Rows that are NULL have those that are NULL too as their frame, as far as the offset says.
    private func search<Value: Comparable>(_ own: [Value], _ wanted: [Value]) -> [Int] {
        var result = [Int](repeating: 0, count: rows.count)
        let peers = rows.peerBounds()
        for (first, last) in zip(rows.partitions, rows.partitions.dropFirst()) {
            var low = first
            var high = last
            while low < high, !vector.isValid(low) { low += 1 }
            while high > low, !vector.isValid(high - 1) { high -= 1 }
            var place = low
            for row in first..<last {
                guard vector.isValid(row) else {
                    result[row] = isEnd ? peers.ends[row] : peers.starts[row]
                    continue
                }
                let value = wanted[row]
                while place < high {
                    let other = own[place]
                    let precedes = key.isDescending ? other > value : other < value
                    guard precedes || (isEnd && other == value) else { break }
                    place += 1
                }
                result[row] = place
            }
        }
        return result
    }
}
