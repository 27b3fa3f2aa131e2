import Vectors

/// Decides how each step of a plan is done.
package final class PhysicalPlanner {
    let binder: Binder
    /// Whether each operator counts its rows and its time.
    private let isProfiled: Bool
    /// Sources of the steps of recursive queries, by number.
    private var recursionSources: [Int: BatchSource] = [:]

    let context: ExecutionContext?
    /// What parts of the statement that are planned apart read as well.
    let shared: SharedRowsByNumber

    /// - Parameter context: what subqueries that give one value may use, to be computed ahead; `nil`: none are.
    package init(
        _ binder: Binder, _ context: ExecutionContext? = nil, isProfiled: Bool = false,
        shared: SharedRowsByNumber = SharedRowsByNumber()
    ) {
        self.binder = binder
        self.context = context
        self.shared = shared
        self.isProfiled = isProfiled
    }

    /// An operator, and where each column stands in what it gives.
    struct Step {
        var source: any PhysicalOperator
        var places: [ColumnID: Int]

        init(_ source: any PhysicalOperator, _ columns: [ColumnID]) {
            self.source = source
            places = Dictionary(
                columns.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// The operator of a whole query, which gives the query's columns in their order.
    package func plan(_ query: BoundQuery) throws -> any PhysicalOperator {
        var query = query
        if let context { query.plan = try ScalarResolution(binder, context, shared).resolved(query.plan) }
        let step = try step(Optimizer(binder).optimized(query))
        return try arranged(step, query.columns.map(\.column))
    }

    /// Just these columns, in this order.
    func arranged(_ step: Step, _ columns: [PlanColumn]) throws -> any PhysicalOperator {
        let places = try columns.map { column in
            guard let place = step.places[column.id] else {
                throw SQLError(.unsupported, "a column is wanted that the plan does not give")
            }
            return place
        }
        if places == Array(step.source.types.indices) { return step.source }
        let expressions = zip(places, columns).map { ColumnExpression(place: $0, type: $1.type) }
        return profiled(ProjectOperator(step.source, expressions, title: "Project \(columns.count) columns"))
    }

    func profiled(_ source: any PhysicalOperator) -> any PhysicalOperator {
        isProfiled ? ProfiledOperator(source) : source
    }

    func compile(_ expression: BoundExpression, _ step: Step) throws -> any VectorExpression {
        try ExpressionCompiler(places: step.places).compile(expression)
    }

    func step(_ plan: Plan) throws -> Step {
        switch plan {
        case .oneRow: return Step(BatchSource(types: [], [Batch([], count: 1)]), [])
        case .scan(let scan): return try self.scan(scan)
        case .values(let rows, let columns): return try values(rows, columns)
        case .generator(let rows, let column):
            return Step(profiled(GeneratorOperator(rows: rows)), [column.id])
        case .filter(let input, let condition):
            let below = try step(input)
            let filter = FilterOperator(
                below.source, try compile(condition, below), title: "Filter \(PlanText.text(condition))")
            return Step(profiled(filter), keeping: below)
        case .project(let input, let assignments): return try project(try step(input), assignments)
        case .aggregate(let aggregate): return try self.aggregate(aggregate)
        case .window(let input, let calls): return try window(input, calls)
        case .join(let join): return try self.join(join)
        case .sort(let input, let items, let limit, let offset):
            let (below, keys) = try sortKeys(items, try step(input))
            return Step(
                profiled(SortOperator(below.source, keys: keys, limit: limit, offset: offset)), keeping: below
            )
        case .limit(let input, let limit, let offset):
            let below = try step(input)
            return Step(profiled(LimitOperator(below.source, limit: limit, offset: offset)), keeping: below)
        case .distinct(let input):
            let below = try step(input)
            let columns = input.columns.reduce(into: [PlanColumn]()) { list, column in
                if !list.contains(where: { $0.id == column.id }) { list.append(column) }
            }
            return Step(profiled(DistinctOperator(try arranged(below, columns))), columns.map(\.id))
        case .set(let set): return try self.set(set)
        case .lateral(let lateral): return try self.lateral(lateral)
        case .recursive(let recursive): return try self.recursive(recursive)
        case .recursiveInput(let number, let columns):
            guard let source = recursionSources[number] else {
                throw SQLError(.unsupported, "a recursive table is read outside of its own definition")
            }
            return Step(source, columns.map(\.id))
        case .topRows(let top): return try topRows(top)
        case .shared(let shared):
            let rows = try self.shared.rows(shared.number) {
                try arranged(try step(shared.input), shared.columns)
            }
            return Step(profiled(SharedRowsOperator(rows)), shared.columns.map(\.id))
        }
    }

    private func scan(_ scan: Plan.Scan) throws -> Step {
        let request = ScanRequest(
            columns: scan.columns.map(\.source), bounds: BoundsExtraction(scan.columns).bounds(scan.filters))
        let ids = scan.columns.map(\.column.id)
        let places = Dictionary(ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let compiler = ExpressionCompiler(places: places)
        let filters = try scan.filters.map { filter in
            ScanOperator.Filter(
                expression: try compiler.compile(filter),
                columns: filter.columns.compactMap { places[$0] }.sorted())
        }
        let conditions =
            scan.filters.isEmpty ? "" : " where " + scan.filters.map(PlanText.text).joined(separator: " and ")
        let source = ScanOperator(
            scan.table, request, types: scan.columns.map(\.column.type), filters: filters,
            title: "Scan \(scan.name), \(scan.columns.count) columns\(conditions)")
        return Step(profiled(source), ids)
    }

    private func values(_ rows: [[BoundExpression]], _ columns: [PlanColumn]) throws -> Step {
        let compiler = ExpressionCompiler(places: [:])
        let one = Batch([], count: 1)
        let vectors = try columns.indices.map { place in
            let collector = VectorCollector(columns[place].type, capacity: rows.count)
            for row in rows {
                collector.append(try compiler.compile(row[place]).evaluate(one, binder.context))
            }
            return collector.finish()
        }
        let whole = Batch(vectors, count: rows.count)
        let batches = stride(from: 0, to: rows.count, by: Batch.rowsMax).map {
            whole.slice(from: $0, count: min(Batch.rowsMax, rows.count - $0))
        }
        return Step(profiled(BatchSource(types: columns.map(\.type), batches)), columns.map(\.id))
    }

    private func project(_ below: Step, _ assignments: [Plan.Assignment]) throws -> Step {
        let expressions = try assignments.map { try compile($0.expression, below) }
        let texts = assignments.map { PlanText.text($0.expression) }.joined(separator: ", ")
        return Step(
            profiled(ProjectOperator(below.source, expressions, title: "Project \(texts)")),
            assignments.map(\.column.id))
    }

    /// The step with columns for expressions, and their places. Columns are used as they are.
    func withColumns(_ expressions: [BoundExpression], _ step: Step) throws -> (Step, [Int]) {
        var places: [Int] = []
        var added: [any VectorExpression] = []
        var known: [BoundExpression: Int] = [:]
        let width = step.source.types.count
        for expression in expressions {
            if let id = expression.columnID, let place = step.places[id],
                step.source.types[place] == expression.type
            {
                places.append(place)
            } else if let place = known[expression] {
                places.append(place)
            } else {
                places.append(width + added.count)
                known[expression] = places.last
                added.append(try compile(expression, step))
            }
        }
        if added.isEmpty { return (step, places) }
        let passed = step.source.types.enumerated().map {
            ColumnExpression(place: $0, type: $1) as any VectorExpression
        }
        var result = step
        let texts = expressions.filter { $0.columnID == nil }.map(PlanText.text).joined(separator: ", ")
        result.source = profiled(ProjectOperator(step.source, passed + added, title: "Project *, \(texts)"))
        return (result, places)
    }

    func sortKeys(_ items: [Plan.SortItem], _ step: Step) throws -> (Step, [SortKey]) {
        let (below, places) = try withColumns(items.map(\.expression), step)
        let keys = zip(places, items).map {
            SortKey(column: $0, isDescending: $1.isDescending, nullsFirst: $1.nullsFirst)
        }
        return (below, keys)
    }

    private func set(_ set: Plan.SetPlan) throws -> Step {
        let inputs = try set.inputs.map { try arranged(try step($0.plan), $0.columns) }
        let ids = set.columns.map(\.id)
        switch set.operation {
        case .union:
            let all = profiled(UnionAllOperator(inputs))
            return Step(set.isAll ? all : profiled(DistinctOperator(all)), ids)
        case .intersect:
            return Step(profiled(IntersectOperator(left: inputs[0], right: inputs[1], isAll: set.isAll)), ids)
        case .except:
            return Step(profiled(ExceptOperator(left: inputs[0], right: inputs[1], isAll: set.isAll)), ids)
        }
    }

    private func lateral(_ lateral: Plan.Lateral) throws -> Step {
        let (below, places) = try withColumns(lateral.arguments, try step(lateral.input))
        let expand = lateral.expand
        let source = LateralFunctionOperator(
            child: below.source, title: lateral.title, added: lateral.columns.map(\.type)
        ) {
            batch, context in
            try expand(places.map { batch.columns[$0] }, batch.count, context)
        }
        var result = below
        result.source = profiled(source)
        for (place, column) in lateral.columns.enumerated() {
            result.places[column.id] = below.source.types.count + place
        }
        return result
    }

    private func recursive(_ recursive: Plan.Recursive) throws -> Step {
        let anchor = try arranged(try step(recursive.anchor), recursive.anchorColumns)
        let planner = RecursionPlanner(binder, recursive, sources: recursionSources, shared)
        let source = RecursiveUnionOperator(anchor: anchor, isDistinct: recursive.isDistinct) {
            try planner.plan($0)
        }
        return Step(profiled(source), recursive.columns.map(\.id))
    }

    /// Plans the step of a recursive query for each round.
    private final class RecursionPlanner: @unchecked Sendable {
        // Used by the one thread that drives the recursion.
        private let binder: Binder
        private let recursive: Plan.Recursive
        private let sources: [Int: BatchSource]
        private let shared: SharedRowsByNumber

        init(
            _ binder: Binder, _ recursive: Plan.Recursive, sources: [Int: BatchSource],
            _ shared: SharedRowsByNumber
        ) {
            self.binder = binder
            self.recursive = recursive
            self.sources = sources
            self.shared = shared
        }

        func plan(_ source: BatchSource) throws -> any PhysicalOperator {
            let planner = PhysicalPlanner(binder, shared: shared)
            planner.recursionSources = sources
            planner.recursionSources[recursive.number] = source
            return try planner.arranged(try planner.step(recursive.step), recursive.stepColumns)
        }
    }
}

extension PhysicalPlanner.Step {
    /// Another operator that gives the same columns.
    init(_ source: any PhysicalOperator, keeping step: PhysicalPlanner.Step) {
        self = step
        self.source = source
    }
}
