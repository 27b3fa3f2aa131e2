import Vectors

extension PhysicalPlanner {
    func join(_ join: Plan.JoinPlan) throws -> Step {
        let (left, leftKeys) = try withColumns(
            join.keys.map(\.left) + (join.asof.map { [$0.left] } ?? []), try step(join.left))
        let (right, rightKeys) = try withColumns(
            join.keys.map(\.right) + (join.asof.map { [$0.right] } ?? []), try step(join.right))
        if let asof = join.asof { return try asOf(join, asof.operation, left, leftKeys, right, rightKeys) }
        let width = left.source.types.count
        var places = left.places
        for (id, place) in right.places { places[id] = width + place }
        let condition = try join.condition.map { try ExpressionCompiler(places: places).compile($0) }
        let kind = join.operatorKind
        let source: any PhysicalOperator
        if join.keys.isEmpty, kind != .mark {
            source = NestedLoopJoinOperator(
                left: left.source, right: right.source, kind: kind, condition: condition)
        } else {
            let buildsLeft = kind == .inner && estimate(join.left) < estimate(join.right)
            source = HashJoinOperator(
                left: left.source, right: right.source, kind: kind, leftKeys: leftKeys, rightKeys: rightKeys,
                nullSafe: join.keys.map(\.nullSafe), residual: condition, buildsLeft: buildsLeft)
        }
        var result = left
        result.source = profiled(source)
        if let mark = join.mark {
            result.places[mark.id] = width
        } else if kind != .semi, kind != .anti {
            result.places = places
        }
        return result
    }

    private func asOf(
        _ join: Plan.JoinPlan, _ operation: BinaryOperator, _ left: Step, _ leftKeys: [Int], _ right: Step,
        _ rightKeys: [Int]
    ) throws -> Step {
        guard let comparison = AsOfComparison(rawValue: operation.rawValue), let leftTime = leftKeys.last,
            let rightTime = rightKeys.last
        else { throw SQLError(.invalid, "ASOF JOIN compares by >=, >, <= or <") }
        let source = AsOfJoinOperator(
            left: left.source, right: right.source, equalLeft: leftKeys.dropLast(),
            equalRight: rightKeys.dropLast(),
            leftTime: leftTime, rightTime: rightTime, comparison: comparison)
        var result = left
        result.source = profiled(source)
        for (id, place) in right.places { result.places[id] = left.source.types.count + place }
        return result
    }

    /// About how many rows a plan gives: for choosing which side of a join goes into memory.
    func estimate(_ plan: Plan) -> Double {
        switch plan {
        case .oneRow: return 1
        case .scan(let scan):
            return scan.filters.reduce(Double(scan.table.estimatedRowCount)) { rows, filter in
                rows * (filter.isEquality ? 0.02 : 0.4)
            }
        case .values(let rows, _): return Double(rows.count)
        case .generator(let rows, _): return Double(rows)
        case .filter(let input, let condition): return estimate(input) * (condition.isEquality ? 0.05 : 0.4)
        case .aggregate(let aggregate): return aggregate.keys.isEmpty ? 1 : estimate(aggregate.input) * 0.1
        case .join(let join):
            let (left, right) = (estimate(join.left), estimate(join.right))
            return join.keys.isEmpty && join.kind == .inner ? left * right : max(left, right)
        case .sort(let input, _, let limit, _), .limit(let input, let limit, _):
            return min(estimate(input), Double(limit ?? .max))
        case .set(let set): return set.inputs.reduce(0) { $0 + estimate($1.plan) }
        case .topRows(let top): return estimate(top.input) * 0.1
        default: return plan.inputs.first.map(estimate) ?? 1000
        }
    }
}

extension Plan.JoinPlan {
    fileprivate var operatorKind: JoinKind {
        if mark != nil { return .mark }
        switch kind {
        case .inner: return .inner
        case .left: return .left
        case .right: return .right
        case .full: return .full
        case .semi: return .semi
        case .anti: return .anti
        case .single: return .leftSingle
        }
    }
}

extension BoundExpression {
    fileprivate var isEquality: Bool {
        if case .call(let use, _) = kind { use.binary == .equal } else { false }
    }
}
