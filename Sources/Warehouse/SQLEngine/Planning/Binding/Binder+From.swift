import Vectors

extension Binder {
    /// What stands in FROM: a plan, with its columns entered into the scope.
    func bindFrom(_ expression: TableExpression, _ scope: Scope) throws -> Plan {
        switch expression {
        case .table(let reference): return try bindTable(reference, scope)
        case .subquery(let query, let alias, let isLateral, let position):
            if isLateral {
                // The first in FROM: there is nothing before it to be read but the query around.
                return try enter(try bind(query, parent: scope), alias, scope, position)
            }
            return try enter(try bind(query, parent: scope.parent), alias, scope, position)
        case .values(let rows, let alias, let position):
            return try enter(
                try bindValues(rows, position: position, parent: scope.parent), alias, scope, position)
        case .function(let call, let alias, _, let position):
            return try bindTableFunction(call, alias, .oneRow, isOuter: false, scope, position)
        case .stage(let reference, let alias):
            let table = try catalog.stage(reference)
            return scan(table, name: "@\(reference.path)", alias, scopeName: [], scope)
        case .join(let join): return try bindJoin(join, scope)
        case .pivot(let pivot): return try bindPivot(pivot, scope)
        case .unpivot(let unpivot): return try bindUnpivot(unpivot, scope)
        }
    }

    /// Enters the columns of a query into the scope under an alias.
    func enter(_ query: BoundQuery, _ alias: TableAlias?, _ scope: Scope, _ position: Int) throws -> Plan {
        var columns = query.columns.map { Scope.Column(name: $0.name, column: $0.column) }
        try rename(&columns, alias)
        scope.tables.append(Scope.Table(name: alias.map { [$0.name.name] } ?? [], columns: columns))
        return query.plan
    }

    private func rename(_ columns: inout [Scope.Column], _ alias: TableAlias?) throws {
        guard let alias, !alias.columns.isEmpty else { return }
        guard alias.columns.count <= columns.count else {
            throw SQLError(
                .invalid,
                "\(alias.name.name) has \(columns.count) columns, and \(alias.columns.count) are named",
                position: alias.name.position)
        }
        for (place, name) in alias.columns.enumerated() { columns[place].name = name.name }
    }

    private func bindTable(_ reference: TableReference, _ scope: Scope) throws -> Plan {
        var plan: Plan
        let position = reference.name.position
        if reference.name.parts.count == 1, let common = try bindCommonTable(reference.name.parts[0], scope) {
            plan = try enter(
                common, reference.alias ?? TableAlias(name: reference.name.parts[0]), scope, position)
        } else {
            switch try catalog.resolve(reference.name) {
            case .table(let table, let name)?:
                note(name)
                plan = scan(table, name: name.joined(separator: "."), reference.alias, scopeName: name, scope)
                if let alias = reference.alias {
                    var columns = scope.tables[scope.tables.count - 1].columns
                    try rename(&columns, alias)
                    scope.tables[scope.tables.count - 1].columns = columns
                }
            case .view(let text, let columns, let name)?:
                note(name)
                let bound = try bindView(text, columns: columns, name: name, position: position)
                plan = try enter(bound, reference.alias, scope, position)
                if reference.alias == nil { scope.tables[scope.tables.count - 1].name = name }
            case nil:
                let near = catalog.namesLike(reference.name)
                let hint = near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"
                throw SQLError(
                    .notFound, "table or view \(reference.name) does not exist\(hint)", position: position)
            }
        }
        if let percent = reference.samplePercent { plan = sample(plan, percent: percent) }
        if let rows = reference.sampleRows { plan = .limit(plan, limit: rows, offset: 0) }
        return plan
    }

    /// A sample of about so many percent of the rows: those whose drawn number is below it.
    private func sample(_ plan: Plan, percent: Double) -> Plan {
        let binding = ScalarFunction.Binding([], .boolean) { _, count, _ in
            let result = Vector.allocate(.boolean, count: count)
            var generator = SystemRandomNumberGenerator()
            for row in 0..<count {
                result.bools[row] = Double.random(in: 0..<100, using: &generator) < percent ? 1 : 0
            }
            return result
        }
        return .filter(
            plan, BoundExpression(.call(FunctionUse(own("SAMPLE"), binding, isVolatile: true), []), .boolean))
    }

    func scan(
        _ table: any TableSource, name: String, _ alias: TableAlias?, scopeName: [String], _ scope: Scope
    ) -> Plan {
        let columns = table.columns.enumerated().map { index, column in
            (column: makeColumn(column.type), source: ScanColumn(index))
        }
        scope.tables.append(
            Scope.Table(
                name: alias.map { [$0.name.name] } ?? scopeName,
                columns: zip(table.columns, columns).map { Scope.Column(name: $0.name, column: $1.column) }))
        return .scan(Plan.Scan(table: table, name: name, columns: columns))
    }

    // MARK: WITH

    private func bindCommonTable(_ name: Identifier, _ scope: Scope) throws -> BoundQuery? {
        for level in commonTables.indices.reversed() {
            guard let found = commonTables[level][name.name] else { continue }
            switch found {
            case .recursive(let number, let names, let columns):
                recursionUses.insert(number)
                let fresh = columns.map { makeColumn($0.type) }
                return BoundQuery(
                    plan: .recursiveInput(number, fresh),
                    columns: zip(names, fresh).map { .init(name: $0, column: $1) })
            case .query(let table, let level):
                return try bindOnce(table, level: level, position: name.position)
            }
        }
        return nil
    }

    /// Binds the query of a WITH clause anew each time it is named, as each place reads other columns and rows of it;
    /// but what is drawn at random is drawn once, and all read the same.
    private func bindOnce(_ table: Query.CommonTable, level: Int, position: Int) throws -> BoundQuery {
        let key = ObjectIdentifier(table.query)
        if sharedTables[key] == nil {
            let bound = try bindDefinition(table, level: level, position: position)
            guard bound.plan.isVolatile, bound.plan.recursionsRead.isEmpty else { return bound }
            sharedTables[key] = SharedTable(
                query: table.query, names: bound.columns.map(\.name),
                plan: shared(bound.plan, bound.columns.map(\.column)))
        }
        guard let known = sharedTables[key] else { return BoundQuery(plan: .oneRow, columns: []) }
        let fresh = known.plan.columns.map { makeColumn($0.type) }
        return BoundQuery(
            plan: .project(
                .shared(known.plan),
                zip(fresh, known.plan.columns).map { Plan.Assignment($0, $1.expression) }),
            columns: zip(known.names, fresh).map { .init(name: $0, column: $1) })
    }

    /// Binds the query of a WITH clause, in the sight of the clauses before it.
    private func bindDefinition(_ table: Query.CommonTable, level: Int, position: Int) throws -> BoundQuery {
        let outer = commonTables
        defer { commonTables = outer }
        commonTables = Array(commonTables[...level])
        commonTables[level] = commonTables[level].filter { _, other in
            if case .query(let other, _) = other { other.name.position < table.name.position } else { true }
        }
        if case .set(.union, let isAll, let anchor, let step, let place) = table.query.body,
            table.query.with.isEmpty,
            let recursive = try bindRecursive(
                table, isAll: isAll, anchor, step, level: level, position: place)
        {
            return recursive
        }
        var bound = try bind(table.query, parent: nil)
        try rename(&bound, table)
        return bound
    }

    private func rename(_ bound: inout BoundQuery, _ table: Query.CommonTable) throws {
        guard !table.columns.isEmpty else { return }
        guard table.columns.count == bound.columns.count else {
            throw SQLError(
                .invalid,
                "\(table.name.name) gives \(bound.columns.count) columns, and \(table.columns.count) are named",
                position: table.name.position)
        }
        for (place, name) in table.columns.enumerated() { bound.columns[place].name = name.name }
    }

    /// A recursive definition; `nil` where the second part does not read the first.
    private func bindRecursive(
        _ table: Query.CommonTable, isAll: Bool, _ anchor: Query.Body, _ step: Query.Body, level: Int,
        position: Int
    ) throws -> BoundQuery? {
        var first = try bind(anchor, parent: nil)
        try rename(&first, table)
        let number = makeRecursion()
        // What the step adds up may be wider than where it began.
        let types = first.columns.map { $0.column.type == .null ? .varchar : $0.column.type.widestNumber }
        first = try convert(first, to: types)
        let names = first.columns.map(\.name)
        commonTables[level][table.name.name] = .recursive(
            number, names: names, columns: first.columns.map(\.column))
        var second = try bind(step, parent: nil)
        guard recursionUses.contains(number) else { return nil }
        guard second.columns.count == first.columns.count else {
            throw SQLError(
                .invalid, "the two parts of \(table.name.name) differ in their number of columns",
                position: position)
        }
        second = try convert(second, to: types)
        let columns = types.map(makeColumn)
        let recursive = Plan.Recursive(
            number: number, anchor: first.plan, anchorColumns: first.columns.map(\.column), step: second.plan,
            stepColumns: second.columns.map(\.column), columns: columns, isDistinct: !isAll)
        return BoundQuery(
            plan: .recursive(recursive), columns: zip(names, columns).map { .init(name: $0, column: $1) })
    }
}

extension SQLType {
    /// NUMBER(38, s) for a NUMBER; other types as they are.
    var widestNumber: SQLType { isNumber ? .number(precision: 38, scale: scale) : self }
}
