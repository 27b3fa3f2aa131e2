import Vectors

/// MIN and MAX of what is held in 64 bits: numbers, dates, times, booleans, decimals.
final class IntegerExtremeState: AggregateState {
    private let isMaximum: Bool
    private let type: SQLType
    private var scale: Int
    private var best: GroupArray<Int64>
    private var isFilled = GroupArray<UInt8>(0)
    /// Takes over where 64 bits, or one scale, do not suffice.
    private var general: GeneralExtremeState?

    init(isMaximum: Bool, _ type: SQLType) {
        self.isMaximum = isMaximum
        self.type = type
        scale = type.scale
        best = GroupArray(isMaximum ? .min : .max)
    }

    func grow(to groups: Int) {
        best.grow(to: groups)
        isFilled.grow(to: groups)
        general?.grow(to: groups)
    }

    func add(_ arguments: [Vector], _ rows: GroupedRows) throws {
        let vector = arguments[0]
        if let general { return try general.add([vector], rows) }
        if vector.layout == .bool {
            return try add([Self.integers(of: vector)], rows)
        }
        if (0..<isFilled.count).allSatisfy({ isFilled[$0] == 0 }) { scale = vector.scale }
        guard vector.layout == .int64, vector.scale == scale else {
            if vector.validity.map({ validity in (0..<rows.count).allSatisfy { validity[$0] == 0 } }) == true
            {
                return
            }
            let general = try becomeGeneral()
            return try general.add([vector], rows)
        }
        if let runs = rows.runs, vector.validity == nil { return add(vector.int64s, runs) }
        if isMaximum { add(vector, rows) { $0 > $1 } } else { add(vector, rows) { $0 < $1 } }
    }

    private static func integers(of vector: Vector) -> Vector {
        let result = Vector.allocate(.integer, count: vector.count)
        for row in 0..<vector.count { result.int64s[row] = Int64(vector.bools[row]) }
        return result.with(validity: .some(vector.validity), alsoKeeping: vector)
    }

    private func add(_ values: UnsafePointer<Int64>, _ runs: [GroupedRows.Run]) {
        for run in runs {
            let (least, greatest) = IntegerKernels.range(values + run.start, count: run.count)
            best[run.group] = isMaximum ? max(best[run.group], greatest) : min(best[run.group], least)
            isFilled[run.group] = 1
        }
    }

    @inline(__always)
    private func add(_ vector: Vector, _ rows: GroupedRows, _ isBetter: (Int64, Int64) -> Bool) {
        let (values, best, isFilled) = (vector.int64s, best.base, isFilled.base)
        if let validity = vector.validity {
            for row in 0..<rows.count where validity[row] != 0 {
                let group = Int(rows.groups[row])
                best[group] = isBetter(values[row], best[group]) ? values[row] : best[group]
                isFilled[group] = 1
            }
            return
        }
        for row in 0..<rows.count {
            let group = Int(rows.groups[row])
            best[group] = isBetter(values[row], best[group]) ? values[row] : best[group]
            isFilled[group] = 1
        }
    }

    private func becomeGeneral() throws -> GeneralExtremeState {
        let made = GeneralExtremeState(isMaximum: isMaximum, type)
        made.grow(to: best.count)
        let known = vector(best.count)
        let groups = (0..<UInt32(best.count)).map { $0 }
        try groups.withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress {
                try made.add([known], GroupedRows(base, count: buffer.count, order: 0))
            }
        }
        general = made
        return made
    }

    func merge(_ other: any AggregateState, groups: [UInt32]) throws {
        let other = ofThisKind(other)
        let vector = other.finish(groups.count)
        let rows = groups.indices.filter { groups[$0] != KeyTable.none && vector.isValid($0) }.map {
            UInt32($0)
        }
        let targets = rows.map { groups[Int($0)] }
        try targets.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            try add([vector.picking(rows)], GroupedRows(base, count: buffer.count, order: 0))
        }
    }

    private func vector(_ groups: Int) -> Vector {
        let result = Vector.allocate(
            type, layout: type == .boolean ? .bool : .int64, scale: scale, count: groups, hasValidity: true)
        for group in 0..<groups {
            if type == .boolean {
                result.bools[group] = UInt8(truncatingIfNeeded: best[group] & 1)
            } else {
                result.int64s[group] = best[group]
            }
            result.validity?[group] = isFilled[group]
        }
        return result
    }

    func finish(_ groups: Int) -> Vector { general?.finish(groups) ?? vector(groups) }

    var byteCount: Int { best.byteCount + isFilled.byteCount + (general?.byteCount ?? 0) }
}

/// MIN and MAX of any type: the best value so far of each group is kept in a row of its own.
final class GeneralExtremeState: AggregateState {
    private let isMaximum: Bool
    private let type: SQLType
    private var values: VectorRows
    private var places = GroupArray<Int32>(-1)

    init(isMaximum: Bool, _ type: SQLType) {
        self.isMaximum = isMaximum
        self.type = type
        values = VectorRows(type)
    }

    func grow(to groups: Int) { places.grow(to: groups) }

    func add(_ arguments: [Vector], _ rows: GroupedRows) throws {
        let vector = arguments[0]
        // The best row of the batch for each group, then against what is known.
        var batchBest: [Int: Int] = [:]
        var lastGroup = -1
        var lastBest = -1
        for row in 0..<rows.count where vector.isValid(row) {
            let group = Int(rows.groups[row])
            if group != lastGroup {
                if lastGroup >= 0 { batchBest[lastGroup] = lastBest }
                lastGroup = group
                lastBest = batchBest[group] ?? row
            }
            let order = Comparison.compareRows(vector, row, vector, lastBest)
            if isMaximum ? order > 0 : order < 0 { lastBest = row }
        }
        if lastGroup >= 0 { batchBest[lastGroup] = lastBest }
        for (group, row) in batchBest.sorted(by: { $0.key < $1.key }) {
            let place = Int(places[group])
            if place >= 0 {
                let order = Comparison.compareRows(vector, row, values.vector(place), 0)
                if isMaximum ? order <= 0 : order >= 0 { continue }
            }
            places[group] = Int32(values.append(vector, row: row, replacing: place < 0 ? nil : place))
        }
    }

    func merge(_ other: any AggregateState, groups: [UInt32]) throws {
        let other = ofThisKind(other)
        for (group, target) in groups.enumerated() where target != KeyTable.none && other.places[group] >= 0 {
            var target = target
            try withUnsafePointer(to: &target) { pointer in
                try add(
                    [other.values.vector(Int(other.places[group]))], GroupedRows(pointer, count: 1, order: 0))
            }
        }
    }

    func finish(_ groups: Int) -> Vector { values.gather((0..<groups).map { Int(places[$0]) }) }

    var byteCount: Int { places.byteCount + values.byteCount }
}

/// Single values, each a vector of one row, which can be replaced.
struct VectorRows {
    private let type: SQLType
    private var rows: [Vector] = []

    init(_ type: SQLType) { self.type = type }

    func vector(_ place: Int) -> Vector { rows[place] }

    /// Keeps a row; its place.
    mutating func append(_ vector: Vector, row: Int, replacing place: Int?) -> Int {
        let collector = VectorCollector(type, capacity: 1)
        var index = UInt32(row)
        collector.append(vector, rows: &index, count: 1)
        let single = collector.finish()
        if let place {
            rows[place] = single
            return place
        }
        rows.append(single)
        return rows.count - 1
    }

    /// The values at these places; NULL for negative ones.
    func gather(_ places: [Int]) -> Vector {
        let collector = VectorCollector(type, capacity: places.count)
        let null = Vector.nulls(type, count: 1)
        for place in places { collector.append(place < 0 ? null : rows[place]) }
        return collector.finish()
    }

    var byteCount: Int { rows.count * 200 }
}
