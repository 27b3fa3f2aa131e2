import ColumnStore
import SQLEngine
import Vectors

extension StatementRun {
    func insert(_ insert: Insert) throws -> StatementOutcome {
        let (object, id) = try changeableTable(insert.table)
        let columns = try store.columns(of: object)
        let binder = makeBinder()
        let (query, places) = try source(of: insert, columns, binder)
        let whole = try completed(query, places, columns, binder)
        let rows = try PhysicalPlanner(binder, context).plan(whole)
        let count: Int
        if insert.overwrites {
            // The query may read the rows that it replaces.
            let buffer = makeBuffer(columns)
            try drain(rows) { try buffer.append($0) }
            try database.truncateTable(id)
            count = try append(to: object, id, columns) { try buffer.drain($0) }
        } else {
            count = try append(to: object, id, columns) { try drain(rows, $0) }
        }
        return StatementOutcome(changedRows: count, message: "\(count) rows inserted.")
    }

    /// The rows to be inserted, and for each of their columns its place in the table.
    private func source(of insert: Insert, _ columns: [CatalogColumn], _ binder: Binder) throws -> (
        BoundQuery, [Int]
    ) {
        let places = try self.places(insert.columns, columns)
        let query: BoundQuery
        switch insert.source {
        case .query(let source): query = try binder.bind(source)
        case .rows(let rows):
            let full = try rows.map { row in
                guard row.count == places.count else {
                    throw SQLError(
                        .invalid,
                        "\(places.count) columns are to be filled, and a row has \(row.count) values",
                        position: insert.position)
                }
                return try zip(row, places).map { value, place in
                    try value ?? defaultExpression(columns[place])
                }
            }
            query = try binder.bind(
                Query(body: .values(full, position: insert.position), position: insert.position))
        }
        guard query.columns.count == places.count else {
            throw SQLError(
                .invalid, "\(places.count) columns are to be filled, and \(query.columns.count) are given",
                position: insert.position)
        }
        return (query, places)
    }

    /// The places of columns that a statement fills; of all where it names none.
    func places(_ names: [Identifier], _ columns: [CatalogColumn]) throws -> [Int] {
        guard !names.isEmpty else { return Array(columns.indices) }
        var places: [Int] = []
        for name in names {
            guard let place = columns.firstIndex(where: { $0.name == name.name }) else {
                throw SQLError(.notFound, "the table has no column \(name.name)", position: name.position)
            }
            guard !places.contains(place) else {
                throw SQLError(.invalid, "column \(name.name) is named twice", position: name.position)
            }
            places.append(place)
        }
        return places
    }

    /// The default of a column as written; NULL where it has none.
    func defaultExpression(_ column: CatalogColumn) throws -> Expression {
        guard let sql = column.defaultSQL else { return Expression(.null, at: 0) }
        return try SQLParser.parseExpression(sql)
    }

    /// All columns of the table, in its order and of its types: those given, and the defaults of the others.
    func completed(_ query: BoundQuery, _ places: [Int], _ columns: [CatalogColumn], _ binder: Binder) throws
        -> BoundQuery
    {
        let assignments = try columns.indices.map { place -> Plan.Assignment in
            let value: BoundExpression
            if let given = places.firstIndex(of: place) {
                value = query.columns[given].column.expression
            } else {
                value = try binder.bind(try defaultExpression(columns[place]), over: [])
            }
            return Plan.Assignment(
                binder.makeColumn(columns[place].type),
                try binder.assign(value, to: columns[place].type, column: columns[place].name))
        }
        return BoundQuery(
            plan: .project(query.plan, assignments),
            columns: zip(columns, assignments).map {
                BoundQuery.NamedColumn(name: $0.name, column: $1.column)
            })
    }

    /// Appends the rows that `source` gives to a table; how many there were.
    private func append(
        to object: CatalogObject, _ id: TableID, _ columns: [CatalogColumn],
        _ source: ((Batch) throws -> Void) throws -> Void
    ) throws -> Int {
        let writer = try database.writer(id)
        var numbering = Numbering(columns)
        try source { batch in
            let vectors = try numbering.filled(batch)
            try RowChecks.check(vectors, columns)
            try writer.append(vectors, count: batch.count)
        }
        try writer.finish()
        if numbering.hasMoved { try store.setColumns(numbering.columns, of: object.id) }
        if try database.needsDeltaMerge(id) { try database.mergeDelta(id) }
        return writer.rowCount
    }
}
