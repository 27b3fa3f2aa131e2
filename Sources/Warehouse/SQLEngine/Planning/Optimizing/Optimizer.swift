import Vectors

/// Rewrites plans into ones that give the same rows for less work.
package struct Optimizer {
    let binder: Binder

    package init(_ binder: Binder) { self.binder = binder }

    /// The optimised plan of a query; its columns stay those of the query.
    package func optimized(_ query: BoundQuery) -> Plan {
        let wanted = Set(query.columns.map(\.column.id))
        var plan = merged(query.plan)
        plan = collapsed(plan)
        plan = pushed(plan, [])
        plan = merged(plan)
        plan = pruned(plan, wanted)
        plan = PathExtraction(plan, binder).extracted(plan)
        plan = answered(pruned(merged(plan), wanted))
        return plan
    }

    // MARK: Projections

    /// One projection where there were two on top of each other, unless that would compute something twice.
    func merged(_ plan: Plan) -> Plan {
        let plan = plan.with(inputs: plan.inputs.map(merged))
        switch plan {
        case .project(.project(let input, let inner), let outer):
            return isWorthMerging(inner, into: outer.map(\.expression))
                ? merged(
                    .project(input, outer.map { .init($0.column, $0.expression.substituting(values(inner))) })
                ) : plan
        case .aggregate(var aggregate):
            guard case .project(let input, let inner) = aggregate.input,
                isWorthMerging(inner, into: plan.expressions)
            else { return plan }
            aggregate.input = input
            return merged(Plan.aggregate(aggregate).mapExpressions { $0.substituting(values(inner)) })
        default: return plan
        }
    }

    private func values(_ assignments: [Plan.Assignment]) -> [ColumnID: BoundExpression] {
        Dictionary(assignments.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
    }

    private func isWorthMerging(_ inner: [Plan.Assignment], into outer: [BoundExpression]) -> Bool {
        var uses: [ColumnID: Int] = [:]
        for expression in outer { count(expression, &uses) }
        return inner.allSatisfy { assignment in
            let count = uses[assignment.column.id] ?? 0
            return !assignment.expression.isVolatile && (count <= 1 || assignment.expression.isCheap)
        }
    }

    private func count(_ expression: BoundExpression, _ uses: inout [ColumnID: Int]) {
        if case .column(let id) = expression.kind { uses[id, default: 0] += 1 }
        for child in expression.children { count(child, &uses) }
    }

    // MARK: Columns that nobody reads

    /// The plan without columns that are not wanted.
    func pruned(_ plan: Plan, _ wanted: Set<ColumnID>) -> Plan {
        switch plan {
        case .scan(var scan):
            let read = scan.filters.reduce(into: wanted) { $1.collectColumns(into: &$0) }
            scan.columns = scan.columns.filter { read.contains($0.column.id) }
            return .scan(scan)
        case .project(let input, let assignments):
            let kept = assignments.filter { wanted.contains($0.column.id) }
            let below = pruned(input, kept.reduce(into: []) { $1.expression.collectColumns(into: &$0) })
            if kept.allSatisfy({ $0.expression.columnID == $0.column.id }) { return below }
            return .project(below, kept)
        case .aggregate(var aggregate):
            aggregate.calls = aggregate.calls.filter { wanted.contains($0.column.id) }
            aggregate.input = pruned(aggregate.input, columns(Plan.aggregate(aggregate).expressions))
            return .aggregate(aggregate)
        case .window(let input, let calls):
            let kept = calls.filter { wanted.contains($0.column.id) }
            if kept.isEmpty { return pruned(input, wanted) }
            return .window(pruned(input, wanted.union(columns(Plan.window(input, kept).expressions))), kept)
        case .set(var set):
            if set.operation == .union, set.isAll {
                let places = set.columns.indices.filter { wanted.contains(set.columns[$0].id) }
                set.columns = places.map { set.columns[$0] }
                for index in set.inputs.indices {
                    set.inputs[index].columns = places.map { set.inputs[index].columns[$0] }
                }
            }
            for index in set.inputs.indices {
                set.inputs[index].plan = pruned(
                    set.inputs[index].plan, Set(set.inputs[index].columns.map(\.id)))
            }
            return .set(set)
        case .distinct(let input):
            let below = pruned(input, Set(input.columns.map(\.id)))
            if below.columns.count == input.columns.count { return .distinct(below) }
            // Rows are told apart by these columns and no others, so others must not come along.
            return .distinct(.project(below, input.columns.map(Plan.Assignment.init(passing:))))
        case .shared(var shared):
            shared.input = pruned(shared.input, Set(shared.columns.map(\.id)))
            return .shared(shared)
        case .recursive(var recursive):
            recursive.anchor = pruned(recursive.anchor, Set(recursive.anchorColumns.map(\.id)))
            recursive.step = pruned(recursive.step, Set(recursive.stepColumns.map(\.id)))
            return .recursive(recursive)
        default:
            let needed = wanted.union(columns(plan.expressions))
            return plan.with(inputs: plan.inputs.map { pruned($0, needed) })
        }
    }

    private func columns(_ expressions: [BoundExpression]) -> Set<ColumnID> {
        expressions.reduce(into: []) { $1.collectColumns(into: &$0) }
    }
}

extension BoundExpression {
    /// Whether computing it twice costs next to nothing: a column, a constant, a path of a column, a cast of a path.
    var isCheap: Bool {
        switch kind {
        case .column, .constant: true
        case .path(let inner, _): inner.columnID != nil
        case .cast(let inner, _):
            if case .path = inner.kind { inner.isCheap } else { false }
        default: false
        }
    }
}
