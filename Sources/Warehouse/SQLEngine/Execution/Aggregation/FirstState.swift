import Vectors

/// ANY_VALUE, FIRST_VALUE and LAST_VALUE of whole partitions, MIN_BY, MAX_BY: a value of the row that comes
/// first or last in
/// an order; of rows that are equal in it, of the first or last in the table's order.
///
/// Arguments: the value, then the keys of the order. Where there is one key, and it and the value are held in
/// 64 bits, both
/// lie in arrays by group; otherwise as rows.
final class FirstState: AggregateState {
    struct Rules {
        /// The last row in the order, and of equal ones the later.
        var isLast: Bool
        /// For each key: descending, NULLs first.
        var keys: [SortKey]
        /// Rows whose value is NULL do not count (ANY_VALUE).
        var skipsNullValues: Bool
        /// Rows whose key is NULL do not count (MIN_BY, MAX_BY).
        var skipsNullKeys: Bool
    }

    private let rules: Rules
    private let type: SQLType
    /// The order of the best row so far: its key, and its number in the table's order.
    private var keys = GroupArray<Int64>(0)
    private var orders = GroupArray<RowNumber>(.max)
    private var values = GroupArray<Int64>(0)
    private var validities = GroupArray<UInt8>(0)
    private var form: Vector?
    private let interner = StringInterner()
    private var general: GeneralFirstState?

    /// - Parameter keyType: of the first key of the order.
    init(_ rules: Rules, _ type: SQLType, keyType: SQLType?) {
        self.rules = rules
        self.type = type
        if rules.keys.count > 1 || keyType.map(OrderRanks.canRank) == false {
            general = GeneralFirstState(rules, type)
        }
    }

    func grow(to groups: Int) {
        if let general { return general.grow(to: groups) }
        keys.grow(to: groups)
        orders.grow(to: groups)
        values.grow(to: groups)
        validities.grow(to: groups)
    }

    func add(_ arguments: [Vector], _ rows: GroupedRows) throws {
        if let general { return try general.add(arguments, rows) }
        let value = arguments[0]
        guard fits(value), let keys = rules.keys.first.map({ OrderRanks.ranks(arguments[1], $0) }) ?? value
        else {
            return try becomeGeneral().add(arguments, rows)
        }
        if form == nil { form = value.slice(from: 0, count: 0) }
        let payload = payload(value, rows.count)
        let nulls =
            rules.skipsNullKeys && !rules.keys.isEmpty ? arguments[1].validity.map { UnsafePointer($0) } : nil
        if let runs = rows.runs, !rules.keys.isEmpty, value.validity == nil, nulls == nil {
            return add(keys, payload, value, rows, runs)
        }
        switch (rules.isLast, rules.keys.isEmpty) {
        case (false, false): add(keys, nulls, payload, value, rows) { $0 < $1 }
        case (true, false): add(keys, nulls, payload, value, rows) { $0 > $1 }
        default: add(keys, nulls, payload, value, rows) { _, _ in false }
        }
    }

    /// Whether values of this form can lie in the array beside those that are there.
    private func fits(_ value: Vector) -> Bool {
        if value.layout == .int128 { return false }
        return form.map { $0.layout == value.layout && $0.scale == value.scale && $0.isJSON == value.isJSON }
            ?? true
    }

    private func payload(_ value: Vector, _ count: Int) -> UnsafePointer<Int64> {
        if value.layout == .int64 || value.layout == .double { return UnsafePointer(value.int64s) }
        if scratch.byteCount < count * 12 {
            scratch = VectorMemory(byteCount: max(count, Batch.rowsMax) * 12)
        }
        let target = scratch.pointer.assumingMemoryBound(to: Int64.self)
        if value.layout == .string, let dictionary = value.dictionary {
            let codes = (scratch.pointer + count * 8).assumingMemoryBound(to: UInt32.self)
            interner.intern(
                value.codes, validity: value.validity, rows: nil, count: count, of: dictionary, into: codes)
            for row in 0..<count { target[row] = Int64(codes[row]) }
        } else {
            for row in 0..<count { target[row] = Int64(value.bools[row]) }
        }
        return UnsafePointer(target)
    }

    private var scratch = VectorMemory(byteCount: 16)

    /// Takes the best row of each run, which alone can be better than what is known.
    private func add(
        _ key: Vector, _ payload: UnsafePointer<Int64>, _ value: Vector, _ rows: GroupedRows,
        _ runs: [GroupedRows.Run]
    ) {
        let ranks = key.int64s
        for run in runs {
            let end = run.start + run.count
            let (least, greatest) = IntegerKernels.range(ranks + run.start, count: run.count)
            let rank = rules.isLast ? greatest : least
            var row = rules.isLast ? end - 1 : run.start
            while ranks[row] != rank { row += rules.isLast ? -1 : 1 }
            let (group, best) = (run.group, keys[run.group])
            let isBetter = rules.isLast ? rank > best : rank < best
            if orders[group] != .max, !isBetter,
                rank != best || !comesFirst(rows.number(row), orders[group])
            {
                continue
            }
            keys[group] = rank
            orders[group] = rows.number(row)
            values[group] = payload[row]
            validities[group] = 1
        }
        withExtendedLifetime((key, value)) {}
    }

    @inline(__always)
    private func add(
        _ key: Vector, _ keyValidity: UnsafePointer<UInt8>?, _ payload: UnsafePointer<Int64>, _ value: Vector,
        _ rows: GroupedRows,
        _ isBetter: (_ key: Int64, _ best: Int64) -> Bool
    ) {
        let (keys, orders, values, validities) = (keys.base, orders.base, values.base, validities.base)
        let (ranks, validity, groups) = (key.int64s, value.validity, rows.groups)
        let (skipsNullValues, hasKeys) = (rules.skipsNullValues, !rules.keys.isEmpty)
        for row in 0..<rows.count {
            let group = Int(groups[row])
            let rank = hasKeys ? ranks[row] : 0
            let best = keys[group]
            // Most rows are neither better nor equal.
            if orders[group] != .max, !isBetter(rank, best),
                rank != best || !comesFirst(rows.number(row), orders[group])
            {
                continue
            }
            if skipsNullValues, let validity, validity[row] == 0 { continue }
            if let keyValidity, keyValidity[row] == 0 { continue }
            keys[group] = rank
            orders[group] = rows.number(row)
            values[group] = payload[row]
            validities[group] = validity.map { $0[row] } ?? 1
        }
        withExtendedLifetime((key, value)) {}
    }

    @inline(__always)
    private func comesFirst(_ order: RowNumber, _ best: RowNumber) -> Bool {
        rules.isLast ? order > best : order < best
    }

    private func becomeGeneral() throws -> GeneralFirstState {
        let made = GeneralFirstState(rules, type)
        made.grow(to: orders.count)
        let known = rules.keys.isEmpty || (0..<orders.count).allSatisfy { orders[$0] == .max }
        guard known else {
            throw SQLError(
                .unsupported,
                "keys of an order that change their form within one aggregation are not supported; cast them to one type"
            )
        }
        let vector = try finish(orders.count)
        for group in 0..<orders.count where orders[group] != .max {
            made.set(group, vector, row: group, order: orders[group])
        }
        general = made
        return made
    }

    func merge(_ other: any AggregateState, groups: [UInt32]) throws {
        let other = ofThisKind(other)
        if general != nil || other.general != nil {
            let mine = try general ?? becomeGeneral()
            return try mine.merge(try other.general ?? other.becomeGeneral(), groups: groups)
        }
        guard let otherForm = other.form else { return }
        if form == nil { form = otherForm }
        let dictionary = other.interner.dictionary()
        for (group, target) in groups.enumerated()
        where target != KeyTable.none && other.orders[group] != .max {
            let target = Int(target)
            let (key, order) = (other.keys[group], other.orders[group])
            let isBetter = orders[target] == .max || (rules.isLast ? key > keys[target] : key < keys[target])
            guard isBetter || (key == keys[target] && comesFirst(order, orders[target])) else { continue }
            keys[target] = key
            orders[target] = order
            validities[target] = other.validities[group]
            values[target] =
                otherForm.layout == .string && other.validities[group] != 0
                ? Int64(interner.code(of: dictionary[Int(other.values[group])])) : other.values[group]
        }
    }

    func finish(_ groups: Int) throws -> Vector {
        if let general { return general.finish(groups) }
        return GroupValues.vector(values, validities, groups, type, form: form, interner)
    }

    var byteCount: Int {
        keys.byteCount + orders.byteCount + values.byteCount + validities.byteCount + interner.byteCount
            + (general?.byteCount ?? 0)
    }
}
