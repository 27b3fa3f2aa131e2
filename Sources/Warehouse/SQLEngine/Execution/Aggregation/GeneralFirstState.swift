import Vectors

/// What `FirstState` does, for any number of keys of any type: the best row of each group is kept as values.
final class GeneralFirstState {
    private struct Best {
        var value: Vector
        var keys: [Vector]
        var order: RowNumber
    }

    private let rules: FirstState.Rules
    private let type: SQLType
    private var best: [Best?] = []

    init(_ rules: FirstState.Rules, _ type: SQLType) {
        self.rules = rules
        self.type = type
    }

    func grow(to groups: Int) {
        if best.count < groups { best += [Best?](repeating: nil, count: groups - best.count) }
    }

    func add(_ arguments: [Vector], _ rows: GroupedRows) throws {
        let keys = Array(arguments.dropFirst())
        var batchBest: [Int: Int] = [:]
        for row in 0..<rows.count {
            if rules.skipsNullValues, !arguments[0].isValid(row) { continue }
            if rules.skipsNullKeys, keys.contains(where: { !$0.isValid(row) }) { continue }
            let group = Int(rows.groups[row])
            if let known = batchBest[group] {
                let order = compare(keys, row, keys, known)
                if order > 0 || (order == 0 && !rules.isLast) { continue }
            }
            batchBest[group] = row
        }
        for (group, row) in batchBest {
            let order = rows.number(row)
            if let known = best[group], !isBetter(keys, row, order, than: known) { continue }
            set(group, arguments[0], row: row, keys: keys, order: order)
        }
    }

    private func isBetter(_ keys: [Vector], _ row: Int, _ order: RowNumber, than known: Best) -> Bool {
        let compared = compare(keys, row, known.keys, 0)
        return compared < 0 || (compared == 0 && (rules.isLast ? order > known.order : order < known.order))
    }

    func set(_ group: Int, _ value: Vector, row: Int, keys: [Vector] = [], order: RowNumber) {
        let copy = { (vector: Vector) -> Vector in
            let collector = VectorCollector(vector.type, capacity: 1)
            var index = UInt32(row)
            collector.append(vector, rows: &index, count: 1)
            return collector.finish()
        }
        best[group] = Best(value: copy(value), keys: keys.map(copy), order: order)
    }

    /// Negative where the first row comes before the second (for the last: behind it).
    private func compare(_ first: [Vector], _ i: Int, _ second: [Vector], _ j: Int) -> Int {
        for (place, key) in rules.keys.enumerated() {
            let (a, b) = (first[place], second[place])
            var order: Int
            switch (a.isValid(i), b.isValid(j)) {
            case (false, false): continue
            case (false, true): order = key.nullsFirst ? -1 : 1
            case (true, false): order = key.nullsFirst ? 1 : -1
            case (true, true):
                order = Comparison.compareRows(a, i, b, j)
                if key.isDescending { order = -order }
            }
            if order != 0 { return rules.isLast ? -order : order }
        }
        return 0
    }

    func merge(_ other: GeneralFirstState, groups: [UInt32]) throws {
        for (group, target) in groups.enumerated() where target != KeyTable.none {
            guard let candidate = other.best[group] else { continue }
            if let known = best[Int(target)], !isBetter(candidate.keys, 0, candidate.order, than: known) {
                continue
            }
            best[Int(target)] = candidate
        }
    }

    func finish(_ groups: Int) -> Vector {
        let collector = VectorCollector(type, capacity: groups)
        let null = Vector.nulls(type, count: 1)
        for group in 0..<groups { collector.append(best[group]?.value ?? null) }
        return collector.finish()
    }

    var byteCount: Int { best.count * 300 }
}
