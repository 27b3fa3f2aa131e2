import Vectors

/// Takes the conditions that read outer columns out of a subquery, so that it can be joined.
struct Correlation {
    private let binder: Binder
    private let free: Set<ColumnID>
    /// Whether only the presence of rows counts.
    private let isTest: Bool
    private let position: Int
    /// What was taken out: true of a row of the subquery and the outer row it belongs to.
    private(set) var conditions: [BoundExpression] = []
    /// How many aggregations without keys, which give a row for no rows, have become ones with keys, which give none.
    private(set) var emptyGroups = 0

    init(_ binder: Binder, free: Set<ColumnID>, isTest: Bool, position: Int) {
        self.binder = binder
        self.free = free
        self.isTest = isTest
        self.position = position
    }

    var unsupported: SQLError {
        SQLError(
            .unsupported,
            "this subquery reads columns of the query around it in a way that cannot be turned into a join; write it as a join",
            position: position)
    }

    private func isFree(_ expression: BoundExpression) -> Bool { !expression.columns.isDisjoint(with: free) }

    /// The plan without its correlated conditions, giving also the columns that these read.
    mutating func detached(_ plan: Plan) throws -> Plan {
        if binder.freeColumns(of: plan).isEmpty { return plan }
        switch plan {
        case .filter(let input, let condition):
            let below = try detached(input)
            let parts = condition.conjuncts
            conditions += parts.filter(isFree)
            return BoundExpression.all(parts.filter { !isFree($0) }).map { .filter(below, $0) } ?? below
        case .project(let input, let assignments):
            return try project(input, assignments)
        case .aggregate(let aggregate): return try self.aggregate(aggregate)
        case .join(var join):
            switch join.kind {
            case .inner:
                join.left = try detached(join.left)
                join.right = try detached(join.right)
                if let condition = join.condition {
                    conditions += condition.conjuncts.filter(isFree)
                    join.condition = .all(condition.conjuncts.filter { !isFree($0) })
                }
            case .left, .semi, .anti, .single: join.left = try detached(join.left)
            default: throw unsupported
            }
            if Plan.join(join).expressions.contains(where: isFree)
                || !binder.freeColumns(of: join.right).isEmpty
            {
                throw unsupported
            }
            return .join(join)
        case .sort(let input, let items, let limit, let offset):
            let below = try detached(input)
            guard offset == 0 else { throw unsupported }
            if isTest, limit != 0 { return below }
            guard let limit else { return .sort(below, items, limit: nil, offset: 0) }
            return .topRows(
                Plan.TopRows(input: below, partition: try partition(below), order: items, limit: limit))
        case .limit(let input, let limit, let offset):
            let below = try detached(input)
            if isTest, limit != 0, offset == 0 { return below }
            guard let limit, offset == 0 else { throw unsupported }
            return .topRows(
                Plan.TopRows(input: below, partition: try partition(below), order: [], limit: limit))
        case .distinct(let input):
            let below = try detached(input)
            // The columns that conditions read tell rows apart too: harmless where they are the same for an outer row.
            guard try isTest || partition(below).allSatisfy({ $0.columnID != nil }) else { throw unsupported }
            return .distinct(below)
        default: throw unsupported
        }
    }

    /// The inner sides of the equalities taken out so far; all conditions must be such.
    private func partition(_ plan: Plan) throws -> [BoundExpression] {
        let inner = Set(plan.columns.map(\.id))
        return try conditions.map { condition in
            guard let (a, b, _) = Binder.equality(condition) else { throw unsupported }
            if a.columns.isSubset(of: inner), b.columns.isSubset(of: free) { return a }
            guard b.columns.isSubset(of: inner), a.columns.isSubset(of: free) else { throw unsupported }
            return b
        }
    }

    private mutating func project(_ input: Plan, _ assignments: [Plan.Assignment]) throws -> Plan {
        let below = try detached(input)
        var kept = assignments
        if assignments.contains(where: { isFree($0.expression) }) {
            guard isTest else { throw unsupported }
            kept = assignments.filter { !isFree($0.expression) }
        }
        return .project(below, kept + missing(from: kept, below))
    }

    /// Columns that the conditions read and a list of assignments does not pass on.
    private func missing(from assignments: [Plan.Assignment], _ input: Plan) -> [Plan.Assignment] {
        let wanted = conditions.reduce(into: Set<ColumnID>()) { $1.collectColumns(into: &$0) }
        return input.columns.filter { column in
            wanted.contains(column.id) && !assignments.contains { $0.column.id == column.id }
        }.map(Plan.Assignment.init(passing:))
    }

    private mutating func aggregate(_ aggregate: Plan.Aggregate) throws -> Plan {
        var result = aggregate
        let before = conditions.count
        result.input = try detached(aggregate.input)
        guard !Plan.aggregate(result).expressions.contains(where: isFree) else { throw unsupported }
        let inner = try Correlation(
            binder, free: free, isTest: isTest, position: position, conditions: Array(conditions[before...])
        )
        .partition(result.input)
        if result.keys.isEmpty, !inner.isEmpty { emptyGroups += 1 }
        for (index, key) in inner.enumerated() {
            let column: PlanColumn
            if let known = result.keys.first(where: { $0.expression == key }) {
                column = known.column
            } else {
                column = key.columnID.map { PlanColumn($0, key.type) } ?? binder.makeColumn(key.type)
                result.keys.append(Plan.Assignment(column, key))
            }
            // Above the aggregation the inner side is known as the key.
            conditions[before + index] = conditions[before + index].replaced {
                $0 == key ? column.expression : nil
            }
        }
        return .aggregate(result)
    }

    private init(
        _ binder: Binder, free: Set<ColumnID>, isTest: Bool, position: Int, conditions: [BoundExpression]
    ) {
        self.init(binder, free: free, isTest: isTest, position: position)
        self.conditions = conditions
    }
}
