import JSON
import SQLEngine
import Vectors

/// Window functions the slow way: each row's frame is found and folded on its own.
struct WindowOracle {
    let rows: [[Scalar]]
    let partition: [Int]
    let order: [SortKey]

    init(_ rows: [[Scalar]], partition: [Int], order: [SortKey]) {
        self.rows = RowFixtures.sorted(rows, partition.map { SortKey(column: $0) } + order)
        self.partition = partition
        self.order = order
    }

    private func isSame(_ first: Int, _ second: Int, _ keys: [SortKey]) -> Bool {
        keys.allSatisfy { RowFixtures.compare(rows[first][$0.column], rows[second][$0.column], $0) == 0 }
    }

    /// The rows of a row's partition.
    private func members(_ row: Int) -> [Int] {
        rows.indices.filter { isSame($0, row, partition.map { SortKey(column: $0) }) }
    }

    func results(_ function: WindowFunction) -> [Scalar] { rows.indices.map { value(function, at: $0) } }

    /// Whether `other` is not before (at the start), or not behind (at the end), the bound of `row`'s frame.
    private func isInside(_ other: Int, _ row: Int, _ frame: WindowFrame, isStart: Bool) -> Bool {
        let sign = isStart ? 1 : -1
        let distance: (WindowFrame.Offset, Int)
        switch isStart ? frame.start : frame.end {
        case .unboundedPreceding: return isStart
        case .unboundedFollowing: return !isStart
        case .currentRow where frame.unit == .rows: return (other - row) * sign >= 0
        case .currentRow: return (other - row) * sign >= 0 || isSame(other, row, order)
        case .preceding(let offset): distance = (offset, -1)
        case .following(let offset): distance = (offset, 1)
        }
        if case .rows(let count) = distance.0, frame.unit == .rows {
            return (other - (row + count * distance.1)) * sign >= 0
        }
        guard case .number(let far, _) = distance.0 else { return false }
        let key = order[0]
        let (one, two) = (rows[other][key.column], rows[row][key.column])
        if two == .null || one == .null {
            return isSame(other, row, order) || (other - row) * sign >= 0
        }
        guard case .number(let mine, _) = one, case .number(let his, _) = two else { return false }
        let factor: Int128 = key.isDescending ? -1 : 1
        return (mine - his - far * Int128(distance.1) * factor) * factor * Int128(sign) >= 0
    }

    private func frame(_ function: WindowFunction, _ row: Int) -> [Int] {
        members(row).filter {
            isInside($0, row, function.frame, isStart: true)
                && isInside($0, row, function.frame, isStart: false)
        }
    }

    private func value(_ function: WindowFunction, at row: Int) -> Scalar {
        let members = members(row)
        let place = members.firstIndex(of: row) ?? 0
        let before = members.filter { $0 < row && !isSame($0, row, order) }
        let upTo = members.filter { $0 <= row || isSame($0, row, order) }
        let frame = frame(function, row)
        switch function.kind {
        case .rowNumber: return .integer(place + 1)
        case .rank: return .integer(before.count + 1)
        case .denseRank:
            return .integer(1 + before.filter { $0 == members[0] || !isSame($0, $0 - 1, order) }.count)
        case .percentRank: return .float(Double(before.count) / Double(max(1, members.count - 1)))
        case .cumeDist: return .float(Double(upTo.count) / Double(members.count))
        case .ntile: return .integer(tile(place, members.count, 4) + 1)
        case .lag(let column, let offset, let other, let ignores):
            return shifted(column, -offset, other, ignores, row, members)
        case .lead(let column, let offset, let other, let ignores):
            return shifted(column, offset, other, ignores, row, members)
        case .firstValue(let column, let ignores): return nth(frame, column, 1, ignores)
        case .lastValue(let column, let ignores): return nth(frame.reversed(), column, 1, ignores)
        case .nthValue(let column, let n, let ignores): return nth(frame, column, n, ignores)
        default: return aggregate(function, frame)
        }
    }

    private func tile(_ place: Int, _ count: Int, _ buckets: Int) -> Int {
        var bucket = 0
        var left = place
        while true {
            let size = count / buckets + (bucket < count % buckets ? 1 : 0)
            if left < size { return bucket }
            left -= size
            bucket += 1
        }
    }

    private func shifted(
        _ column: Int, _ offset: Int, _ other: Int?, _ ignores: Bool, _ row: Int, _ members: [Int]
    ) -> Scalar {
        let ahead = offset < 0 ? members.filter { $0 < row }.reversed() : members.filter { $0 > row }
        let counted = ignores ? ahead.filter { rows[$0][column] != .null } : ahead
        if offset == 0 { return rows[row][column] }
        let number = abs(offset) - 1
        return number < counted.count ? rows[counted[number]][column] : other.map { rows[row][$0] } ?? .null
    }

    private func nth(_ frame: [Int], _ column: Int, _ n: Int, _ ignores: Bool) -> Scalar {
        let values = frame.map { rows[$0][column] }.filter { !ignores || $0 != .null }
        return n <= values.count ? values[n - 1] : .null
    }

    private func aggregate(_ function: WindowFunction, _ frame: [Int]) -> Scalar {
        if case .countStar = function.kind { return .integer(frame.count) }
        guard let column = function.argument else { return .null }
        let values = frame.map { rows[$0][column] }.filter { $0 != .null }
        switch function.kind {
        case .count: return .integer(values.count)
        case .countIf: return .integer(values.count { $0 == .boolean(true) })
        case .booleanAnd: return values.isEmpty ? .null : .boolean(values.allSatisfy { $0 == .boolean(true) })
        case .booleanOr: return values.isEmpty ? .null : .boolean(values.contains(.boolean(true)))
        case .minimum, .maximum:
            let isMaximum = if case .maximum = function.kind { true } else { false }
            let key = SortKey(column: 0, isDescending: isMaximum)
            return values.min { RowFixtures.compare($0, $1, key) < 0 } ?? .null
        case .sum where function.type.isNumber:
            return values.isEmpty
                ? .null : .number(values.reduce(0) { $0 + $1.integer }, scale: function.type.scale)
        default: return number(function, values.map(\.double))
        }
    }

    private func number(_ function: WindowFunction, _ values: [Double]) -> Scalar {
        guard !values.isEmpty else { return .null }
        let count = Double(values.count)
        let sum = values.reduce(0, +)
        let squares = values.reduce(0) { $0 + ($1 - sum / count) * ($1 - sum / count) }
        let sorted = values.sorted()
        let isSingle = values.count == 1
        switch function.kind {
        case .sum: return .float(sum)
        case .average: return .float(sum / count)
        case .variancePopulation: return .float(squares / count)
        case .deviationPopulation: return .float((squares / count).squareRoot())
        case .varianceSample: return isSingle ? .null : .float(squares / (count - 1))
        case .deviationSample: return isSingle ? .null : .float((squares / (count - 1)).squareRoot())
        case .median: return .float((sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2)
        default: return .float(sum)
        }
    }
}

extension WindowFunction {
    /// The column of an aggregate.
    var argument: Int? {
        switch kind {
        case .count(let column), .countIf(let column), .sum(let column), .average(let column),
            .minimum(let column),
            .maximum(let column), .deviationPopulation(let column), .deviationSample(let column),
            .variancePopulation(let column), .varianceSample(let column), .median(let column),
            .booleanAnd(let column), .booleanOr(let column):
            column
        case .custom(_, let columns): columns[0]
        default: nil
        }
    }
}

extension Scalar {
    var integer: Int128 { if case .number(let value, _) = self { value } else { 0 } }

    var double: Double {
        switch self {
        case .number(let value, let scale): Double(value) / decimalPower(scale)
        case .float(let value): value
        default: .nan
        }
    }
}
