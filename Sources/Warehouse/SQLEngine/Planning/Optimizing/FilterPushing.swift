import Vectors

extension Optimizer {
    /// The plan with conditions moved down to where their columns come from.
    func pushed(_ plan: Plan, _ conditions: [BoundExpression]) -> Plan {
        if case .filter(let input, let condition) = plan {
            return pushed(input, conditions + condition.conjuncts)
        }
        // What is drawn anew for each row is drawn for the rows of the place where it stands.
        let (stable, volatile) = split(conditions) { !$0.isVolatile }
        return filtered(pushed(below: plan, stable), volatile)
    }

    private func pushed(below plan: Plan, _ conditions: [BoundExpression]) -> Plan {
        switch plan {
        case .scan(var scan):
            scan.filters += conditions.flatMap(\.conjuncts)
            return .scan(scan)
        case .project(let input, let assignments):
            let values = Dictionary(
                assignments.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
            let (down, up) = split(conditions) { condition in
                condition.columns.allSatisfy { values[$0]?.isVolatile != true }
            }
            return filtered(
                .project(
                    pushed(input, down.map { $0.substituting(values).rewritten(binder.fold) }), assignments),
                up)
        case .join(let join): return pushed(join, conditions)
        case .aggregate(var aggregate):
            let keys = Dictionary(
                aggregate.keys.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
            let (down, up) = split(conditions) {
                $0.columns.allSatisfy { keys[$0]?.isVolatile == false } && !$0.columns.isEmpty
            }
            aggregate.input = pushed(aggregate.input, down.map { $0.substituting(keys) })
            return filtered(.aggregate(aggregate), up)
        case .window(let input, let calls): return pushed(input, calls, conditions)
        case .topRows(var top):
            let keys = Set(top.partition.compactMap(\.columnID))
            let (down, up) = split(conditions) { !$0.columns.isEmpty && $0.columns.isSubset(of: keys) }
            top.input = pushed(top.input, down)
            return filtered(.topRows(top), up)
        case .sort(let input, let items, nil, 0):
            return .sort(pushed(input, conditions), items, limit: nil, offset: 0)
        case .distinct(let input): return .distinct(pushed(input, conditions))
        case .set(var set):
            for index in set.inputs.indices {
                let values = Dictionary(
                    zip(set.columns, set.inputs[index].columns).map { ($0.id, $1.expression) },
                    uniquingKeysWith: { first, _ in first })
                set.inputs[index].plan = pushed(
                    set.inputs[index].plan, conditions.map { $0.substituting(values) })
            }
            return .set(set)
        case .lateral(var lateral):
            let made = Set(lateral.columns.map(\.id))
            let (down, up) = split(conditions) { $0.columns.isDisjoint(with: made) && !$0.columns.isEmpty }
            lateral.input = pushed(lateral.input, down)
            return filtered(.lateral(lateral), up)
        default: return filtered(plan.with(inputs: plan.inputs.map { pushed($0, []) }), conditions)
        }
    }

    private func split(_ conditions: [BoundExpression], _ test: (BoundExpression) -> Bool) -> (
        yes: [BoundExpression], no: [BoundExpression]
    ) {
        (conditions.filter(test), conditions.filter { !test($0) })
    }

    private func filtered(_ plan: Plan, _ conditions: [BoundExpression]) -> Plan {
        BoundExpression.all(conditions).map { .filter(plan, $0) } ?? plan
    }

    // MARK: Joins

    private func pushed(_ join: Plan.JoinPlan, _ conditions: [BoundExpression]) -> Plan {
        var join = join
        if let decided = decidedMark(join, conditions) { return decided }
        let left = Set(join.left.columns.map(\.id))
        let right = Set(join.right.columns.map(\.id))
        if join.kind == .left, join.asof == nil, conditions.contains(where: { $0.rejectsNulls(of: right) }) {
            join.kind = .inner
        }
        var toLeft: [BoundExpression] = []
        var toRight: [BoundExpression] = []
        var above: [BoundExpression] = []
        for condition in conditions {
            let columns = condition.columns
            if !columns.isEmpty, columns.isSubset(of: left), join.kind != .right, join.kind != .full {
                toLeft.append(condition)
            } else if !columns.isEmpty, columns.isSubset(of: right),
                join.kind == .inner || join.kind == .right
            {
                toRight.append(condition)
            } else if join.kind == .inner, join.asof == nil {
                binder.split(condition, &join)
            } else {
                above.append(condition)
            }
        }
        // Of the join's own condition each side can be asked for what it must satisfy to match at all.
        var rest: [BoundExpression] = []
        for condition in join.condition?.conjuncts ?? [] {
            let columns = condition.isVolatile ? [] : condition.columns
            if !columns.isEmpty, columns.isSubset(of: right),
                [.inner, .left, .semi, .anti, .single].contains(join.kind)
            {
                toRight.append(condition)
            } else if !columns.isEmpty, columns.isSubset(of: left),
                join.kind == .inner || join.kind == .right || (join.kind == .semi && join.mark == nil)
            {
                toLeft.append(condition)
            } else {
                rest.append(condition)
            }
        }
        join.condition = .all(rest)
        if join.kind == .inner, join.asof == nil { shareConstants(join, &toLeft, &toRight) }
        join.left = pushed(join.left, toLeft)
        join.right = pushed(join.right, toRight)
        return filtered(.join(join), above)
    }

    /// What a key is compared with on one side holds for its partner on the other.
    private func shareConstants(
        _ join: Plan.JoinPlan, _ left: inout [BoundExpression], _ right: inout [BoundExpression]
    ) {
        for key in join.keys {
            guard let a = key.left.columnID, let b = key.right.columnID, key.left.type == key.right.type
            else { continue }
            let fromLeft = left.filter { $0.columns == [a] && $0.isComparison }
            let fromRight = right.filter { $0.columns == [b] && $0.isComparison }
            right += fromLeft.map { $0.substituting([a: key.right]) }
            left += fromRight.map { $0.substituting([b: key.left]) }
        }
    }

    /// The join where a row is kept or dropped by whether there is a match. All rows that are left have the same
    /// mark then: a constant, for whoever still reads it.
    private func decidedMark(_ join: Plan.JoinPlan, _ conditions: [BoundExpression]) -> Plan? {
        guard let mark = join.mark else { return nil }
        let (uses, others) = split(conditions) { $0.columns.contains(mark.id) }
        guard uses.count == 1, let use = uses.first else { return nil }
        let plain = mark.expression
        let filled = BoundExpression(
            .coalesce([mark.expression, .constant(.boolean(false), .boolean)]), .boolean)
        var decided = join
        decided.mark = nil
        if use == plain || use == filled {
            decided.kind = .semi
        } else if join.marksExistence, case .not(let inner) = use.kind, inner == filled {
            decided.kind = .anti
        } else {
            return nil
        }
        let passed = decided.left.columns.map(Plan.Assignment.init(passing:))
        let value = BoundExpression.constant(.boolean(decided.kind == .semi), .boolean)
        return .project(pushed(decided, others), passed + [Plan.Assignment(mark, value)])
    }

    // MARK: Windows

    private func pushed(_ input: Plan, _ calls: [WindowCall], _ conditions: [BoundExpression]) -> Plan {
        // A condition on what all partitions are made of takes or leaves whole partitions.
        let shared = calls.map { Set($0.partition.compactMap(\.columnID)) }
        let common = shared.dropFirst().reduce(shared.first ?? []) { $0.intersection($1) }
        let (down, up) = split(conditions) { !$0.columns.isEmpty && $0.columns.isSubset(of: common) }
        if let top = topRows(input, calls, up) {
            let plan = pushed(top.plan, down)
            return filtered(plan, top.rest)
        }
        return filtered(.window(pushed(input, down), calls), up)
    }

    /// `ROW_NUMBER() OVER (…) <= n` as the first n rows of each partition.
    private func topRows(_ input: Plan, _ calls: [WindowCall], _ conditions: [BoundExpression]) -> (
        plan: Plan, rest: [BoundExpression]
    )? {
        for (index, call) in calls.enumerated() {
            guard case .rowNumber = call.function else { continue }
            for (place, condition) in conditions.enumerated() {
                guard let limit = condition.upperLimit(of: call.column.id), limit >= 1 else { continue }
                var rest = conditions
                rest.remove(at: place)
                var others = calls
                others.remove(at: index)
                let below = others.isEmpty ? input : Plan.window(input, others)
                let top = Plan.TopRows(
                    input: below, partition: call.partition, order: call.order, limit: limit,
                    number: call.column)
                return (.topRows(top), rest)
            }
        }
        return nil
    }
}

extension BoundExpression {
    /// n where the expression says that a whole-numbered column that counts from 1 is at most n.
    func upperLimit(of id: ColumnID) -> Int? {
        guard case .call(let use, let sides) = kind, sides.count == 2 else { return nil }
        guard let operation = use.binary else { return nil }
        let isMirrored = sides[0].constant != nil
        let (column, constant) = isMirrored ? (sides[1], sides[0]) : (sides[0], sides[1])
        guard column.withoutNumberCasts.columnID == id,
            case .number(let value, 0)? = constant.constant?.normalizedNumber,
            let bound = Int(exactly: value)
        else { return nil }
        switch isMirrored ? operation.mirrored : operation {
        case .equal: return bound == 1 ? 1 : nil
        case .lessOrEqual: return bound
        case .less: return bound - 1
        default: return nil
        }
    }

    /// The expression below casts from NUMBER to NUMBER that lose nothing.
    var withoutNumberCasts: BoundExpression {
        if case .cast(let inner, _) = kind, inner.type.isNumber, type.isNumber, type.scale >= inner.type.scale
        {
            return inner.withoutNumberCasts
        }
        return self
    }

    /// Whether it is a comparison with a constant.
    var isComparison: Bool {
        guard case .call(let use, let sides) = kind, sides.count == 2,
            use.binary?.isComparison == true
        else { return false }
        return sides.contains { $0.constant != nil }
    }

    /// Whether it cannot be true of a row in which these columns are all NULL.
    func rejectsNulls(of columns: Set<ColumnID>) -> Bool {
        switch kind {
        case .call(let use, let sides) where use.binary?.isComparison == true:
            return sides.contains { side in
                switch side.withoutNumberCasts.kind {
                case .column(let id): columns.contains(id)
                default: false
                }
            }
        case .not(let inner):
            if case .isNull(let value) = inner.kind, let id = value.columnID { return columns.contains(id) }
            return false
        default: return false
        }
    }
}

extension Scalar {
    /// A NUMBER without zeros behind its point.
    var normalizedNumber: Scalar {
        guard case .number(var value, var scale) = self else { return self }
        while scale > 0, value % 10 == 0 {
            value /= 10
            scale -= 1
        }
        return .number(value, scale: scale)
    }
}
