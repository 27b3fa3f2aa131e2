import Vectors

extension Binder {
    /// One item of a select list, bound.
    struct Output {
        var name: String
        var expression: BoundExpression
    }

    /// A SELECT with the ORDER BY and LIMIT behind it.
    func bind(
        _ select: Select, order: [OrderItem], orderByAll: OrderItem?, limit: Int?, offset: Int, parent: Scope?
    ) throws -> BoundQuery {
        let scope = Scope(parent: parent)
        var plan = try select.from.map { try bindFrom($0, scope) } ?? .oneRow
        let input = Set(plan.columns.map(\.id))
        let binding = ExpressionBinding(scope: scope)
        binding.namedWindows = try namedWindows(select)
        if case .sets = select.grouping { binding.keepsForms = true }
        if case .none = select.grouping {} else { binding.repeatsSubqueries = true }
        binding.aggregates = []
        binding.windows = []
        var outputs = try bindItems(select, binding)
        if let predicate = select.predicate {
            plan = try bindWhere(predicate, plan, input, binding, isGrouped: select.isGrouped(binding))
        }

        let grouping = try bindGrouping(select, outputs, binding)
        binding.clause = "HAVING"
        let windows = binding.windows
        binding.windows = nil
        var having = try select.having.map { try condition(try bind($0, binding), "HAVING") }
        binding.windows = windows
        binding.clause = "QUALIFY"
        var qualify = try select.qualify.map { try condition(try bind($0, binding), "QUALIFY") }
        var sorting = try bindOrder(order, orderByAll: orderByAll, outputs, binding)

        let isGrouped =
            grouping != nil || binding.aggregates?.isEmpty == false || having != nil
            || !binding.groupings.isEmpty
        for subquery in binding.innerSubqueries { plan = try subquery(plan) }
        if isGrouped {
            plan = try withKeys(grouping, plan, binding)
            plan = binding.drawn.computed(
                plan,
                for: (grouping?.expressions ?? []) + (binding.aggregates ?? []).flatMap(\.expressions))
            let groups = try Groups(self, grouping ?? BoundGrouping(), input: Set(plan.columns.map(\.id)))
            plan = try groups.plan(plan, binding.aggregates ?? [], binding.groupings)
            outputs = try outputs.map { Output(name: $0.name, expression: try groups.above($0.expression)) }
            having = try having.map(groups.above)
            qualify = try qualify.map(groups.above)
            sorting = try sorting.map {
                .init(
                    expression: try groups.above($0.expression), isDescending: $0.isDescending,
                    nullsFirst: $0.nullsFirst)
            }
            binding.windows = try binding.windows?.map(groups.above)
            try binding.drawn.rewrite(groups.above)
        }
        if !binding.subqueries.isEmpty { plan = binding.drawn.allComputed(plan) }
        for subquery in binding.subqueries { plan = try subquery(plan) }
        if isGrouped, !binding.subqueries.isEmpty, !freeColumns(of: plan).isDisjoint(with: input) {
            throw SQLError(
                .invalid,
                "a subquery reads a column that is not in GROUP BY: add it to GROUP BY, or write the subquery there as it is written here",
                position: select.position)
        }
        let calls = binding.windows ?? []
        plan = binding.drawn.computed(
            plan,
            for: (having.map { [$0] } ?? []) + calls.flatMap { $0.arguments + $0.partition }
                + calls.flatMap { $0.order.map(\.expression) })
        if let having { plan = .filter(plan, having) }
        if !calls.isEmpty { plan = .window(plan, calls) }
        if let qualify { plan = .filter(binding.drawn.computed(plan, for: [qualify]), qualify) }
        plan = binding.drawn.computed(
            plan, forSeveral: outputs.map(\.expression) + sorting.map(\.expression))
        for place in outputs.indices {
            outputs[place].expression = binding.drawn.inlined(outputs[place].expression)
        }
        for place in sorting.indices {
            sorting[place].expression = binding.drawn.inlined(sorting[place].expression)
        }
        return try finish(
            plan, outputs, sorting, isDistinct: select.isDistinct, limit: try topCount(select) ?? limit,
            offset: offset)
    }

    /// The plan with those subqueries of the select list joined whose values GROUP BY names.
    private func withKeys(_ grouping: BoundGrouping?, _ plan: Plan, _ binding: ExpressionBinding) throws
        -> Plan
    {
        var plan = plan
        var read: Set<ColumnID> = []
        for key in grouping?.expressions ?? [] { key.collectColumns(into: &read) }
        binding.subqueries = try binding.subqueries.filter { subquery in
            let known = Set(plan.columns.map(\.id))
            guard !read.isSubset(of: known) else { return true }
            let joined = try subquery(plan)
            guard joined.columns.contains(where: { read.contains($0.id) && !known.contains($0.id) }) else {
                return true
            }
            plan = joined
            return false
        }
        return plan
    }

    private func topCount(_ select: Select) throws -> Int? {
        guard let top = select.top else { return nil }
        guard case .number(let text) = top.kind, let count = Int(text) else {
            throw SQLError(.invalid, "TOP takes a whole number", position: top.position)
        }
        return count
    }

    /// - Parameter list: what the select list was bound with, whose aliases WHERE may name.
    private func bindWhere(
        _ predicate: Expression, _ plan: Plan, _ input: Set<ColumnID>, _ list: ExpressionBinding,
        isGrouped: Bool
    ) throws -> Plan {
        let scope = list.scope
        let binding = ExpressionBinding(scope: scope)
        binding.clause = "WHERE"
        let bound = try condition(try bind(predicate, binding), "WHERE")
        let aliased = bound.columns.intersection(scope.aliases.values.flatMap(\.columns)).subtracting(input)
        var plan = plan
        if !aliased.isEmpty, !isGrouped {
            // The values of the select list's subqueries are there before its windows are.
            if !list.subqueries.isEmpty { plan = list.drawn.allComputed(plan) }
            for subquery in list.subqueries { plan = try subquery(plan) }
            list.subqueries = []
        }
        plan = list.drawn.computed(plan, for: [bound])
        if !binding.subqueries.isEmpty { plan = list.drawn.allComputed(plan) }
        for subquery in binding.subqueries { plan = try subquery(plan) }
        let stray = aliased.subtracting(plan.columns.map(\.id))
        if stray.contains(where: { scope.parent?.produces($0) != true }) {
            throw SQLError(
                .invalid,
                "WHERE reads an alias that stands for an aggregate or window function, or for a subquery beside these: use HAVING or QUALIFY",
                position: predicate.position)
        }
        return .filter(plan, bound)
    }

    /// The projection, DISTINCT, ORDER BY and LIMIT.
    private func finish(
        _ input: Plan, _ outputs: [Output], _ sorting: [Plan.SortItem], isDistinct: Bool, limit: Int?,
        offset: Int
    ) throws -> BoundQuery {
        var assignments: [Plan.Assignment] = []
        var made: [BoundExpression: PlanColumn] = [:]
        /// A column more. What is selected twice is two columns: a query around may group by one and not by the other.
        func add(_ expression: BoundExpression) -> PlanColumn {
            let passed = made[expression] == nil ? expression.columnID : nil
            let column = passed.map { PlanColumn($0, expression.type) } ?? makeColumn(expression.type)
            if made[expression] == nil { made[expression] = column }
            assignments.append(Plan.Assignment(column, expression))
            return column
        }
        let named = outputs.map { BoundQuery.NamedColumn(name: $0.name, column: add($0.expression)) }
        let visible = assignments.count
        let items = sorting.map { item in
            Plan.SortItem(
                expression: (made[item.expression] ?? add(item.expression)).expression,
                isDescending: item.isDescending, nullsFirst: item.nullsFirst)
        }
        if isDistinct, assignments.count > visible {
            throw SQLError(
                .invalid, "with SELECT DISTINCT, ORDER BY can name selected expressions alone",
                position: assignments[visible].expression.position)
        }
        var plan = Plan.project(input, assignments)
        if isDistinct { plan = .distinct(plan) }
        if !items.isEmpty {
            plan = .sort(plan, items, limit: limit, offset: offset)
        } else if limit != nil || offset > 0 {
            plan = .limit(plan, limit: limit, offset: offset)
        }
        return BoundQuery(plan: plan, columns: named)
    }

    // MARK: The select list

    private func bindItems(_ select: Select, _ binding: ExpressionBinding) throws -> [Output] {
        var outputs: [Output] = []
        binding.clause = "the select list"
        for (place, item) in select.items.enumerated() {
            switch item {
            case .star(let star): outputs += try expand(star, binding)
            case .expression(let expression, let alias):
                var bound = try bind(expression, binding)
                if bound.isVolatile { bound = binding.drawn.add(bound, self) }
                let name = alias?.name ?? select.itemNames[place]
                outputs.append(Output(name: name, expression: bound))
                if binding.scope.aliases[name] == nil { binding.scope.aliases[name] = bound }
            }
        }
        if outputs.isEmpty { throw SQLError(.invalid, "the select list is empty", position: select.position) }
        return outputs
    }

    /// `*` and `t.*`.
    private func expand(_ star: Select.Star, _ binding: ExpressionBinding) throws -> [Output] {
        let tables = star.qualifier.isEmpty ? binding.scope.tables : binding.scope.table(star.qualifier)
        if tables.isEmpty {
            let name = star.qualifier.map(\.name).joined(separator: ".")
            throw SQLError(
                .notFound,
                name.isEmpty ? "* stands for nothing without FROM" : "there is no table \(name) in FROM",
                position: star.position)
        }
        var outputs: [Output] = []
        let all = tables.flatMap(\.columns)
        let pattern = try star.pattern.map { text in
            try Array(text.utf8).withUnsafeBufferPointer {
                try LikePattern.compile($0, isCaseInsensitive: true)
            }
        }
        for column in binding.scope.starColumns(of: star.qualifier) {
            if star.excluded.contains(where: { $0.name == column.name }) { continue }
            if let pattern, !Array(column.name.utf8).withUnsafeBufferPointer({ pattern.matches($0) }) {
                continue
            }
            var output = Output(name: column.name, expression: column.column.expression)
            if let replacement = star.replaced.first(where: { $0.name.name == column.name }) {
                output.expression = try bind(replacement.expression, binding)
            }
            if let rename = star.renamed.first(where: { $0.from.name == column.name }) {
                output.name = rename.to.name
            }
            outputs.append(output)
        }
        for name in star.excluded + star.replaced.map(\.name) + star.renamed.map(\.from)
        where !all.contains(where: { $0.name == name.name }) {
            throw SQLError(
                .notFound, "there is no column \(name.name) to be named here", position: name.position)
        }
        return outputs
    }

    // MARK: ORDER BY

    private func bindOrder(
        _ order: [OrderItem], orderByAll: OrderItem?, _ outputs: [Output], _ binding: ExpressionBinding
    ) throws
        -> [Plan.SortItem]
    {
        binding.clause = "ORDER BY"
        if let orderByAll { return outputs.map { sortItem($0.expression, orderByAll) } }
        return try order.map { item in
            if let place = try ordinal(item.expression, count: outputs.count, "ORDER BY") {
                return sortItem(outputs[place].expression, item)
            }
            if case .column(let parts) = item.expression.kind, parts.count == 1,
                let output = outputs.first(where: { $0.name == parts[0].name })
            {
                return sortItem(output.expression, item)
            }
            return sortItem(try bind(item.expression, binding), item)
        }
    }
}

extension Select {
    /// Whether it gives groups, as far as that can be told from its select list and GROUP BY.
    fileprivate func isGrouped(_ list: ExpressionBinding) -> Bool {
        if case .none = grouping { return list.aggregates?.isEmpty == false || !list.groupings.isEmpty }
        return true
    }
}

extension Scope {
    /// Whether a column belongs to this scope or one around it.
    func produces(_ id: ColumnID) -> Bool {
        tables.contains { $0.columns.contains { $0.column.id == id } } || parent?.produces(id) == true
    }
}
