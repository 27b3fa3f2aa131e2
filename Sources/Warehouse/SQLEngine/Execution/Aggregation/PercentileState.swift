import JSON
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
    private var pieces: [Piece] = []
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
        if let piece = Piece(value, rows) { pieces.append(piece) }
    }

    /// The values of a batch that are no NULL, each with its group.
    private struct Piece {
        private let memory: VectorMemory
        private(set) var count = 0
        private let capacity: Int
        /// What has become of the groups since; `KeyTable.none` for those that are not wanted.
        var map: [UInt32]?

        var ranks: UnsafeMutablePointer<Int64> { memory.pointer.assumingMemoryBound(to: Int64.self) }
        var groups: UnsafeMutablePointer<UInt32> {
            (memory.pointer + capacity * 8).assumingMemoryBound(to: UInt32.self)
        }
        var byteCount: Int { memory.byteCount }

        init?(_ value: Vector, _ rows: GroupedRows) {
            guard rows.count > 0 else { return nil }
            capacity = rows.count
            memory = VectorMemory(byteCount: capacity * 12)
            let (ranks, groups) = (ranks, groups)
            for row in 0..<rows.count where value.isValid(row) {
                groups[count] = rows.groups[row]
                ranks[count] =
                    value.layout == .double ? OrderRanks.rank(value.doubles[row]) : value.int64s[row]
                count += 1
            }
        }

        @inline(__always)
        func forEach(_ body: (_ group: UInt32, _ rank: Int64) -> Void) {
            let (ranks, groups) = (ranks, groups)
            guard let map else {
                for row in 0..<count { body(groups[row], ranks[row]) }
                return
            }
            for row in 0..<count where map[Int(groups[row])] != KeyTable.none {
                body(map[Int(groups[row])], ranks[row])
            }
        }

        /// The same values with other numbers for their groups.
        func mapped(_ next: [UInt32]) -> Piece {
            var copy = self
            copy.map = map.map { $0.map { $0 == KeyTable.none ? $0 : next[Int($0)] } } ?? next
            return copy
        }
    }

    private func becomeGeneral() -> CollectingState {
        let made = makeGeneral()
        for piece in pieces {
            var (groups, ranks): ([UInt32], [Int64]) = ([], [])
            piece.forEach { group, rank in
                groups.append(group)
                ranks.append(rank)
            }
            let fractions = Vector.constant(.float(fraction), .float, count: ranks.count)
            let values = vector(ranks)
            groups.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                made.add([values, fractions], GroupedRows(base, count: buffer.count, order: 0))
            }
        }
        pieces = []
        general = made
        return made
    }

    func merge(_ other: any AggregateState, groups map: [UInt32]) {
        let other = ofThisKind(other)
        if other.form == nil, other.general == nil { return }
        if general != nil || other.general != nil || form.map({ $0.scale != other.form?.scale }) ?? false {
            return (general ?? becomeGeneral()).merge(other.general ?? other.becomeGeneral(), groups: map)
        }
        if form == nil { (form, fraction) = (other.form, other.fraction) }
        pieces += other.pieces.map { $0.mapped(map) }
    }

    func finish(_ count: Int) throws -> Vector {
        if let general { return try general.finish(count) }
        var starts = [Int](repeating: 0, count: count + 1)
        for piece in pieces { piece.forEach { group, _ in starts[Int(group) + 1] += 1 } }
        for group in 0..<count { starts[group + 1] += starts[group] }
        var places = starts
        let sorted = [Int64](unsafeUninitializedCapacity: starts[count]) { sorted, filled in
            for piece in pieces {
                piece.forEach { group, rank in
                    sorted[places[Int(group)]] = rank
                    places[Int(group)] += 1
                }
            }
            filled = starts[count]
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

    var byteCount: Int { pieces.reduce(0) { $0 + $1.byteCount } + (general?.byteCount ?? 0) }
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
