import Vectors

/// Computes window functions over whole partitions of sorted rows.
enum WindowEvaluation {
    static func evaluate(_ function: WindowFunction, _ rows: WindowRows) throws -> Vector {
        guard rows.count > 0 else { return .nulls(function.type, count: 0) }
        let type = function.type
        let frame = function.frame
        switch function.kind {
        case .rowNumber: return RankingFunctions.rowNumber(rows, type)
        case .rank: return RankingFunctions.rank(rows, type, isDense: false)
        case .denseRank: return RankingFunctions.rank(rows, type, isDense: true)
        case .percentRank: return RankingFunctions.percentRank(rows)
        case .cumeDist: return RankingFunctions.cumeDist(rows)
        case .ntile(let column): return try RankingFunctions.ntile(rows, column, type)
        case .lag(let column, let offset, let other, let ignoresNulls):
            return try PositionFunctions(rows, column, ignoresNulls: ignoresNulls)
                .shifted(by: offset == .min ? .max : -offset, defaultColumn: other)
        case .lead(let column, let offset, let other, let ignoresNulls):
            return try PositionFunctions(rows, column, ignoresNulls: ignoresNulls).shifted(
                by: offset, defaultColumn: other)
        case .firstValue(let column, let ignoresNulls):
            return try PositionFunctions(rows, column, ignoresNulls: ignoresNulls).nth(1, frame)
        case .lastValue(let column, let ignoresNulls):
            return try PositionFunctions(rows, column, ignoresNulls: ignoresNulls).last(frame)
        case .nthValue(let column, let n, let ignoresNulls):
            return try PositionFunctions(rows, column, ignoresNulls: ignoresNulls).nth(n, frame)
        default: return try aggregate(function, rows)
        }
    }

    private static func aggregate(_ function: WindowFunction, _ rows: WindowRows) throws -> Vector {
        let type = function.type
        let frame = function.frame
        switch function.kind {
        case .count(let column):
            let vector = try rows.column(column)
            if vector.validity == nil, vector.type != .null {
                return try FrameCounts.countStar(rows, frame, type)
            }
            return try FrameCounts.count(rows, frame, type, where: vector.isValid)
        case .countIf(let column):
            let vector = try rows.column(column)
            guard vector.layout == .bool else {
                throw SQLError(.invalid, "COUNT_IF takes a BOOLEAN, not \(vector.type)")
            }
            return try FrameCounts.count(rows, frame, type) { vector.isValid($0) && vector.bools[$0] != 0 }
        case .sum(let column): return try FrameSums(rows, column, frame, type, isAverage: false).vectors()
        case .average(let column): return try FrameSums(rows, column, frame, type, isAverage: true).vectors()
        case .minimum(let column): return try FrameExtremes(rows, column, frame).extremes(isMaximum: false)
        case .maximum(let column): return try FrameExtremes(rows, column, frame).extremes(isMaximum: true)
        case .median(let column): return try FrameExtremes(rows, column, frame).median(type)
        case .deviationPopulation(let column):
            return try FrameMoments(rows, column, frame, isSample: false, isDeviation: true).vector(type)
        case .deviationSample(let column):
            return try FrameMoments(rows, column, frame, isSample: true, isDeviation: true).vector(type)
        case .variancePopulation(let column):
            return try FrameMoments(rows, column, frame, isSample: false, isDeviation: false).vector(type)
        case .varianceSample(let column):
            return try FrameMoments(rows, column, frame, isSample: true, isDeviation: false).vector(type)
        case .booleanAnd(let column): return try FrameCounts.boolean(rows, column, frame, isAnd: true)
        case .booleanOr(let column): return try FrameCounts.boolean(rows, column, frame, isAnd: false)
        case .custom(let aggregate, let columns): return try custom(aggregate, columns, rows, frame, type)
        default: return try FrameCounts.countStar(rows, frame, type)
        }
    }

    /// Adds rows to a state as long as frames only grow at their end, and begins anew where one starts later.
    private static func custom(
        _ aggregate: any WindowAggregate, _ columns: [Int], _ rows: WindowRows, _ frame: WindowFrame,
        _ type: SQLType
    ) throws -> Vector {
        let bounds = try rows.bounds(frame)
        let arguments = try columns.map(rows.column)
        let collector = VectorCollector(type, capacity: rows.count)
        var row = 0
        var state = try aggregate.makeState()
        var start = -1
        var reached = -1
        while row < rows.count {
            let first = bounds.starts[row]
            let end = max(first, bounds.ends[row])
            // Rows that have the frame in common.
            var next = row + 1
            while next < rows.count, bounds.starts[next] == first, max(first, bounds.ends[next]) == end {
                next += 1
            }
            if first != start || end < reached {
                state = try aggregate.makeState()
                (start, reached) = (first, first)
            }
            if end > reached { try state.add(arguments, from: reached, count: end - reached) }
            reached = end
            collector.append(.constant(try state.value(), type, count: next - row))
            row = next
        }
        return collector.finish()
    }
}
