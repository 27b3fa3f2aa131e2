import Vectors

/// MEDIAN, PERCENTILE_CONT and PERCENTILE_DISC of what is held in 64 bits: values are kept as whole numbers with the
/// same order, and at the end the wanted ones are selected, without sorting.
final class PercentileState: AggregateState {
    private let function: AggregateFunction
    private let types: [SQLType]
    private let isDescending: Bool
    private let type: SQLType
    private var fraction: Double
    private var form: Vector?
    /// The values that are no NULL, each with its group.
    private var groups = GroupArray<UInt32>(0)
    private var ranks = GroupArray<Int64>(0)
    /// Takes over where 64 bits, or one scale, do not suffice.
    private var general: CollectingState?
    private let makeGeneral: () -> CollectingState

    /// - Parameter types: those of the value and of the percentile's fraction.
    init(
        _ function: AggregateFunction, types: [SQLType], isDescending: Bool, result: SQLType,
        general: @escaping () -> CollectingState
    ) {
        self.function = function
        self.types = types
        self.isDescending = isDescending
        fraction = function == .median ? 0.5 : 0
        type = result
        makeGeneral = general
    }

    static func canTake(_ type: SQLType) -> Bool {
        switch type {
        case .number, .float, .date, .time, .timestampNTZ, .timestampLTZ: true
        default: false
        }
    }

    func grow(to groups: Int) {}

    func add(_ arguments: [Vector], _ rows: GroupedRows) {
        if let general { return general.add(arguments, rows) }
        let value = types[0] == .float ? arguments[0].asDoubles() : arguments[0]
        guard value.layout != .int128, form.map({ $0.scale == value.scale }) ?? true else {
            return becomeGeneral().add(arguments, rows)
        }
        if form == nil, rows.count > 0 {
            form = value.slice(from: 0, count: 0)
            if arguments.count > 1, case .float(let given) = arguments[1].scalar(at: 0) { fraction = given }
        }
        let start = ranks.count
        groups.grow(to: start + rows.count)
        ranks.grow(to: start + rows.count)
        var count = 0
        let (groups, ranks) = (groups.base + start, ranks.base + start)
        for row in 0..<rows.count where value.isValid(row) {
            groups[count] = rows.groups[row]
            ranks[count] = value.layout == .double ? OrderRanks.rank(value.doubles[row]) : value.int64s[row]
            count += 1
        }
        shrink(to: start + count)
    }

    private func shrink(to count: Int) {
        groups.shrink(to: count)
        ranks.shrink(to: count)
    }

    private func becomeGeneral() -> CollectingState {
        let made = makeGeneral()
        if ranks.count > 0 {
            let values = vector((0..<ranks.count).map { ranks[$0] })
            let fractions = Vector.constant(.float(fraction), .float, count: ranks.count)
            made.add([values, fractions], GroupedRows(groups.base, count: ranks.count, order: 0))
        }
        (groups, ranks) = (GroupArray(0), GroupArray(0))
        general = made
        return made
    }

    func merge(_ other: any AggregateState, groups map: [UInt32]) {
        guard let other = other as? PercentileState else { return }
        if other.form == nil, other.general == nil { return }
        if general != nil || other.general != nil || form.map({ $0.scale != other.form?.scale }) ?? false {
            return (general ?? becomeGeneral()).merge(other.general ?? other.becomeGeneral(), groups: map)
        }
        if form == nil { (form, fraction) = (other.form, other.fraction) }
        var count = ranks.count
        groups.grow(to: count + other.ranks.count)
        ranks.grow(to: count + other.ranks.count)
        for row in 0..<other.ranks.count where map[Int(other.groups[row])] != KeyTable.none {
            groups[count] = map[Int(other.groups[row])]
            ranks[count] = other.ranks[row]
            count += 1
        }
        shrink(to: count)
    }

    func finish(_ count: Int) throws -> Vector {
        if let general { return try general.finish(count) }
        var starts = [Int](repeating: 0, count: count + 1)
        for row in 0..<ranks.count { starts[Int(groups[row]) + 1] += 1 }
        for group in 0..<count { starts[group + 1] += starts[group] }
        var places = starts
        var sorted = [Int64](repeating: 0, count: ranks.count)
        for row in 0..<ranks.count {
            let group = Int(groups[row])
            sorted[places[group]] = ranks[row]
            places[group] += 1
        }
        var selection = RankSelection()
        let isValid = (0..<count).map { starts[$0] < starts[$0 + 1] }
        if function == .percentileDiscrete {
            let chosen = (0..<count).map { group -> Int64 in
                let size = starts[group + 1] - starts[group]
                guard size > 0 else { return 0 }
                let place = min(max(Int((fraction * Double(size)).rounded(.up)) - 1, 0), size - 1)
                return selection.select(
                    sorted[starts[group]..<starts[group + 1]], isDescending ? size - 1 - place : place)
            }
            return vector(chosen, isValid)
        }
        var pairs: [(low: Int64, high: Int64, part: Double)] = []
        pairs.reserveCapacity(count)
        for group in 0..<count {
            let size = starts[group + 1] - starts[group]
            let place = fraction * Double(max(0, size - 1))
            let low = place.rounded(.down)
            guard size > 0 else {
                pairs.append((0, 0, 0))
                continue
            }
            let (first, second) = selection.selectTwo(
                sorted[starts[group]..<starts[group + 1]], Int(low), hasSecond: place > low)
            pairs.append((first, second, place - low))
        }
        return try interpolated(pairs, isValid)
    }

    private func interpolated(_ pairs: [(low: Int64, high: Int64, part: Double)], _ isValid: [Bool]) throws
        -> Vector
    {
        if types[0] == .float {
            let result = Vector.allocate(.float, layout: .double, count: pairs.count, hasValidity: true)
            for (group, pair) in pairs.enumerated() {
                let (low, high) = (OrderRanks.double(pair.low), OrderRanks.double(pair.high))
                result.doubles[group] = pair.part == 0 ? low : low + pair.part * (high - low)
                result.validity?[group] = isValid[group] ? 1 : 0
            }
            return result
        }
        let scale = type.scale - (form?.scale ?? 0)
        let numbers = try pairs.map { pair -> Int128 in
            guard let low = DecimalMath.shifted(Int128(pair.low), by: scale),
                let high = DecimalMath.shifted(Int128(pair.high), by: scale)
            else { throw SQLError(.data, "the median has more than 38 digits") }
            return pair.part == 0.5
                ? DecimalMath.divideRounded(low + high, by: 2)
                : low + Int128((Double(nearest: high - low) * pair.part).rounded(.toNearestOrAwayFromZero))
        }
        return VectorMaking.numbers(numbers, type) { isValid[$0] }
    }

    /// Ranks as the values that they stand for.
    private func vector(_ ranks: [Int64], _ isValid: [Bool]? = nil) -> Vector {
        let isDouble = types[0] == .float
        let result = Vector.allocate(
            types[0], layout: isDouble ? .double : .int64,
            scale: isDouble ? 0 : form?.scale ?? types[0].scale,
            count: ranks.count, hasValidity: isValid != nil)
        for (row, rank) in ranks.enumerated() {
            if let isValid { result.validity?[row] = isValid[row] ? 1 : 0 }
            if isDouble { result.doubles[row] = OrderRanks.double(rank) } else { result.int64s[row] = rank }
        }
        return result
    }

    var byteCount: Int { groups.byteCount + ranks.byteCount + (general?.byteCount ?? 0) }
}

/// Selects the value that would stand at a place if values were sorted: by counting them in intervals that become
/// narrower, which takes a few passes whatever the values are.
struct RankSelection {
    private var counts = [UInt32](repeating: 0, count: 1 << Self.bits)
    private var near: [Int64] = []
    private static let bits = 10
    private static let smallMax = 24

    /// - Parameter place: counts from 0, within `values`.
    mutating func select(_ values: ArraySlice<Int64>, _ place: Int) -> Int64 {
        near.removeAll(keepingCapacity: true)
        near.append(contentsOf: values)
        var place = place
        while near.count > Self.smallMax {
            var (low, high) = (near[0], near[0])
            for value in near { (low, high) = (min(low, value), max(high, value)) }
            if low == high { return low }
            let width = UInt64(bitPattern: high &- low)
            let shift = UInt64(max(0, UInt64.bitWidth - width.leadingZeroBitCount - Self.bits))
            for bin in counts.indices { counts[bin] = 0 }
            for value in near { counts[Int(UInt64(bitPattern: value &- low) &>> shift)] &+= 1 }
            var bin = 0
            while place >= Int(counts[bin]) {
                place -= Int(counts[bin])
                bin += 1
            }
            var kept = 0
            for index in near.indices {
                let value = near[index]
                near[kept] = value
                kept += Int(UInt64(bitPattern: value &- low) &>> shift) == bin ? 1 : 0
            }
            near.removeLast(near.count - kept)
        }
        near.sort()
        return near[place]
    }

    /// The value at a place and the one behind it; the same twice where the second is not wanted.
    mutating func selectTwo(_ values: ArraySlice<Int64>, _ place: Int, hasSecond: Bool) -> (Int64, Int64) {
        let first = select(values, place)
        guard hasSecond else { return (first, first) }
        var notAbove = 0
        var next = Int64.max
        for value in values {
            notAbove += value <= first ? 1 : 0
            next = value > first ? min(next, value) : next
        }
        return (first, notAbove > place + 1 ? first : next)
    }
}
