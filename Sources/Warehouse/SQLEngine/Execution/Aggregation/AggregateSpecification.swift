import Vectors

/// An aggregate over places of columns.
struct AggregateSpecification: Sendable {
    var function: AggregateFunction
    /// The places of the arguments, and behind them those of the keys of its order.
    var arguments: [Int]
    var argumentTypes: [SQLType]
    var argumentCount: Int
    var order: [SortKey]
    var isDistinct: Bool
    var result: SQLType

    func makeState() -> any AggregateState {
        let state = plainState()
        // Of these every value counts once in any case.
        switch function {
        case .minimum, .maximum, .anyValue, .booleanAnd, .booleanOr, .bitAnd, .bitOr: return state
        default: return isDistinct ? DistinctState(state, types: argumentTypes) : state
        }
    }

    private func plainState() -> any AggregateState {
        let key = argumentTypes.count > 1 ? argumentTypes[1] : nil
        switch function {
        case .countStar, .count, .countDistinct: return CountState(countsTrue: false)
        case .countIf: return CountState(countsTrue: true)
        case .sum, .average:
            return SumState(isAverage: function == .average, argument: argumentTypes[0], result: result)
        case .minimum, .maximum:
            let isMaximum = function == .maximum
            switch argumentTypes[0] {
            case .boolean, .number, .date, .time, .timestampNTZ, .timestampLTZ, .timestampTZ:
                return IntegerExtremeState(isMaximum: isMaximum, argumentTypes[0])
            case .float: return FloatExtremeState(isMaximum: isMaximum)
            default: return GeneralExtremeState(isMaximum: isMaximum, argumentTypes[0])
            }
        case .anyValue:
            return FirstState(
                .init(isLast: false, keys: [], skipsNullValues: true, skipsNullKeys: false), result,
                keyType: key)
        case .firstBy:
            return FirstState(
                .init(isLast: false, keys: order, skipsNullValues: false, skipsNullKeys: false), result,
                keyType: key)
        case .lastBy:
            return FirstState(
                .init(isLast: true, keys: order, skipsNullValues: false, skipsNullKeys: false), result,
                keyType: key)
        case .minBy, .maxBy:
            let sort = SortKey(column: 0, isDescending: function == .maxBy, nullsFirst: false)
            return FirstState(
                .init(isLast: false, keys: [sort], skipsNullValues: false, skipsNullKeys: true), result,
                keyType: key)
        case .booleanAnd, .booleanOr, .booleanXor, .bitAnd, .bitOr, .bitXor: return BitState(function, result)
        case .hash: return HashState()
        case .median, .percentileContinuous, .percentileDiscrete:
            guard PercentileState.canTake(argumentTypes[0]) else { return collectingState() }
            return PercentileState(
                function, types: argumentTypes, isDescending: order.first?.isDescending ?? false,
                result: result,
                general: collectingState)
        case .mode, .listAggregate, .arrayAggregate, .objectAggregate: return collectingState()
        default: return MomentState(function)
        }
    }

    private func collectingState() -> CollectingState {
        CollectingState(
            function, types: argumentTypes, argumentCount: argumentCount, order: order, result: result)
    }
}

/// MIN and MAX of FLOAT: as integers while values come as decimals of one scale, as doubles otherwise. NaN is
/// greater than
/// all else.
final class FloatExtremeState: AggregateState {
    private let isMaximum: Bool
    private let decimals: IntegerExtremeState
    private var best: GroupArray<Double>
    private var isFilled = GroupArray<UInt8>(0)
    private var scale: Int?

    init(isMaximum: Bool) {
        self.isMaximum = isMaximum
        decimals = IntegerExtremeState(isMaximum: isMaximum, .float)
        best = GroupArray(isMaximum ? -.infinity : .infinity)
    }

    func grow(to groups: Int) {
        decimals.grow(to: groups)
        best.grow(to: groups)
        isFilled.grow(to: groups)
    }

    func add(_ arguments: [Vector], _ rows: GroupedRows) throws {
        let vector = arguments[0]
        if vector.layout == .int64, scale == nil || scale == vector.scale {
            scale = vector.scale
            return try decimals.add([vector], rows)
        }
        let doubles = vector.asDoubles()
        isMaximum ? addDoubles(doubles, rows) { $0 > $1 } : addDoubles(doubles, rows) { $0 < $1 }
    }

    @inline(__always)
    private func addDoubles(_ vector: Vector, _ rows: GroupedRows, _ isBetter: (Double, Double) -> Bool) {
        let (values, validity, best, isFilled) = (vector.doubles, vector.validity, best.base, isFilled.base)
        for row in 0..<rows.count {
            if let validity, validity[row] == 0 { continue }
            let group = Int(rows.groups[row])
            let value = values[row]
            // Ordinary numbers first; a NaN, here or before, is decided with care.
            if isBetter(value, best[group]) {
                best[group] = value
            } else if value.isNaN || best[group].isNaN || isFilled[group] == 0 {
                consider(value, group)
            }
            isFilled[group] = 1
        }
        withExtendedLifetime(vector) {}
    }

    private func consider(_ value: Double, _ group: Int) {
        let known = best[group]
        let isBetter =
            isFilled[group] == 0
            || (isMaximum
                ? value.isNaN || (!known.isNaN && value > known)
                : !value.isNaN && (known.isNaN || value < known))
        if isBetter { best[group] = value }
        isFilled[group] = 1
    }

    func merge(_ other: any AggregateState, groups: [UInt32]) throws {
        let other = ofThisKind(other)
        let vector = try other.finish(groups.count)
        let rows = groups.indices.filter { groups[$0] != KeyTable.none && vector.isValid($0) }.map {
            UInt32($0)
        }
        let targets = rows.map { groups[Int($0)] }
        try targets.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            try add([vector.picking(rows)], GroupedRows(base, count: buffer.count, order: 0))
        }
    }

    func finish(_ groups: Int) throws -> Vector {
        let exact = decimals.finish(groups)
        if (0..<groups).allSatisfy({ isFilled[$0] == 0 }) { return exact }
        let known = exact.asDoubles()
        for group in 0..<groups where known.isValid(group) { consider(known.doubles[group], group) }
        let result = Vector.allocate(.float, layout: .double, count: groups, hasValidity: true)
        for group in 0..<groups {
            result.doubles[group] = best[group]
            result.validity?[group] = isFilled[group]
        }
        return result
    }

    var byteCount: Int { decimals.byteCount + best.byteCount }
}
