import ColumnStore
import SQLEngine
import Vectors

extension StatementRun {
    func insert(_ insert: Insert) throws -> StatementOutcome {
        let object = try table(insert.table)
        guard let id = object.table else {
            throw SQLError(.invalid, "\(object.name.description) is no table", position: insert.position)
        }
        let columns = try store.columns(of: object)
        let binder = makeBinder()
        let (query, places) = try source(of: insert, columns, binder)
        let whole = try completed(query, places, columns, binder)
        if insert.overwrites { try database.truncateTable(id) }
        let count = try append(whole, binder, to: object, id, columns)
        return StatementOutcome(changedRows: count, message: "\(count) rows inserted.")
    }

    /// The rows to be inserted, and for each of their columns its place in the table.
    private func source(of insert: Insert, _ columns: [CatalogColumn], _ binder: Binder) throws -> (
        BoundQuery, [Int]
    ) {
        let places =
            try insert.columns.isEmpty
            ? Array(columns.indices)
            : insert.columns.map { name in
                guard let place = columns.firstIndex(where: { $0.name == name.name }) else {
                    throw SQLError(.notFound, "the table has no column \(name.name)", position: name.position)
                }
                return place
            }
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
                binder.makeColumn(columns[place].type), try binder.cast(value, to: columns[place].type))
        }
        return BoundQuery(
            plan: .project(query.plan, assignments),
            columns: zip(columns, assignments).map {
                BoundQuery.NamedColumn(name: $0.name, column: $1.column)
            })
    }

    /// Appends the rows of a query to a table; how many there were.
    func append(
        _ query: BoundQuery, _ binder: Binder, to object: CatalogObject, _ id: TableID,
        _ columns: [CatalogColumn]
    ) throws -> Int {
        let writer = try database.writer(id)
        var numbering = Numbering(columns)
        try drain(try PhysicalPlanner(binder, context).plan(query)) { batch in
            let vectors = numbering.filled(batch)
            try RowChecks.check(vectors, columns)
            try writer.append(vectors, count: batch.count)
        }
        try writer.finish()
        if numbering.hasMoved { try store.setColumns(numbering.columns, of: object.id) }
        if try database.needsDeltaMerge(id) { try database.mergeDelta(id) }
        return writer.rowCount
    }

    /// The numbers of AUTOINCREMENT columns.
    struct Numbering {
        private(set) var columns: [CatalogColumn]
        private(set) var hasMoved = false

        init(_ columns: [CatalogColumn]) { self.columns = columns }

        /// The columns of a batch, numbers put where a numbered column has NULL.
        mutating func filled(_ batch: Batch) -> [Vector] {
            var vectors = batch.columns
            for (place, column) in columns.enumerated() {
                guard let identity = column.identity, let validity = vectors[place].validity else { continue }
                let old = vectors[place]
                let new = Vector.allocate(column.type, count: batch.count)
                var next = identity.next
                for row in 0..<batch.count {
                    if validity[row] != 0 {
                        new.int64s[row] = old.int64s[row]
                    } else {
                        new.int64s[row] = next
                        next += identity.step
                    }
                }
                if next != identity.next { hasMoved = true }
                columns[place].identity = (next, identity.step)
                vectors[place] = new
            }
            return vectors
        }
    }
}
