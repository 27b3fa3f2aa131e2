import ColumnStore
import SQLEngine
import Vectors

extension StatementRun {
    /// A table whose rows a statement changes.
    struct ChangedTable {
        let object: CatalogObject
        let id: TableID
        let columns: [CatalogColumn]
        let target: ChangeTarget
    }

    func changedTable(_ name: ObjectName, _ alias: Identifier?) throws -> ChangedTable {
        let (object, id) = try changeableTable(name)
        let columns = try store.columns(of: object)
        let target = ChangeTarget(
            table: try catalog.source(of: object), name: object.name.parts, alias: alias?.name,
            defaults: try columns.map(defaultExpression))
        return ChangedTable(object: object, id: id, columns: columns, target: target)
    }

    // MARK: UPDATE

    func update(_ update: Update, _ rows: TakeRows) throws -> StatementOutcome {
        let table = try changedTable(update.table, update.alias)
        let binder = makeBinder()
        let change = try binder.bindUpdate(update, table.target)
        var changed = AddressSet()
        var joinedTwice = AddressSet()
        let buffer = makeBuffer(table.columns)
        let isStrict = catalog.settings.isOn("ERROR_ON_NONDETERMINISTIC_UPDATE")
        try drain(try PhysicalPlanner(binder, context).plan(change.query)) { batch in
            let addresses = batch.columns[0].int64s
            var kept: [UInt32] = []
            kept.reserveCapacity(batch.count)
            for row in 0..<batch.count {
                let address = RowAddress(addresses[row])
                if changed.insert(address) {
                    kept.append(UInt32(row))
                } else {
                    // Of several matches the first one counts.
                    if isStrict {
                        throw SQLError(
                            .cardinality,
                            "a row of \(table.object.name.name) is updated by several rows of FROM",
                            position: update.position)
                    }
                    _ = joinedTwice.insert(address)
                }
            }
            try buffer.append(Self.picked(Batch(Array(batch.columns.dropFirst()), count: batch.count), kept))
        }
        try replace(changed, by: buffer, in: table)
        return try giveCounts(
            [
                ("number of rows updated", changed.count),
                ("number of multi-joined rows updated", joinedTwice.count),
            ],
            message: "\(changed.count) rows updated.", changed: changed.count, rows)
    }

    // MARK: DELETE

    func delete(_ delete: Delete, _ rows: TakeRows) throws -> StatementOutcome {
        let table = try changedTable(delete.table, delete.alias)
        let count: Int
        if delete.predicate == nil, delete.using == nil {
            count = try database.snapshot(table.id).rowCount
            try database.truncateTable(table.id)
        } else {
            let binder = makeBinder()
            let change = try binder.bindDelete(delete, table.target)
            var gone = AddressSet()
            try drain(try PhysicalPlanner(binder, context).plan(change.query)) { batch in
                let addresses = batch.columns[0].int64s
                for row in 0..<batch.count { _ = gone.insert(RowAddress(addresses[row])) }
            }
            count = try database.delete(gone.addresses, from: table.id)
            try tidy(table.id)
        }
        return try giveCounts(
            [("number of rows deleted", count)], message: "\(count) rows deleted.", changed: count, rows)
    }

    // MARK: What they share

    func makeBuffer(_ columns: [CatalogColumn]) -> RowBuffer {
        RowBuffer(
            types: columns.map(\.type), limit: session.options.memoryLimit / 4,
            directory: session.options.temporaryDirectory)
    }

    static func picked(_ batch: Batch, _ rows: [UInt32]) -> Batch {
        if rows.count == batch.count { return batch }
        return rows.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { batch.gather($0, count: buffer.count) } ?? batch.slice(from: 0, count: 0)
        }
    }

    /// Deletes rows, and appends what has become of them; behind them new ones, which are numbered.
    func replace(
        _ old: AddressSet, by changed: RowBuffer, adding new: RowBuffer? = nil, in table: ChangedTable
    ) throws {
        // Appending may merge the delta, after which the addresses of its rows mean nothing.
        _ = try database.delete(old.addresses, from: table.id)
        let writer = try database.writer(table.id)
        func append(_ vectors: [Vector], _ count: Int) throws {
            try context.checkInterruption()
            try RowChecks.check(vectors, table.columns)
            try writer.append(vectors, count: count)
        }
        try changed.drain { try append($0.columns, $0.count) }
        var numbering = Numbering(table.columns)
        try new?.drain { try append(try numbering.filled($0), $0.count) }
        try writer.finish()
        if numbering.hasMoved { try store.setColumns(numbering.columns, of: table.object.id) }
        try tidy(table.id)
    }

    /// Merges the delta where it has grown, and takes deleted rows away where they are the most.
    func tidy(_ table: TableID) throws {
        if try database.needsDeltaMerge(table) { try database.mergeDelta(table) }
        let snapshot = try database.snapshot(table)
        let all = snapshot.rowGroups.reduce(0) { $0 + $1.rows }
        let live = snapshot.rowGroups.reduce(0) { $0 + $1.liveRows }
        if all - live > max(live, 65_536) { _ = try database.compact(table) }
    }

    /// The result of a statement that changes rows: a row of counts.
    func giveCounts(_ counts: [(name: String, value: Int)], message: String, changed: Int, _ rows: TakeRows)
        throws -> StatementOutcome
    {
        var outcome = try give(
            counts.map { TableColumn($0.name, .number(precision: 18, scale: 0)) },
            [counts.map { .integer($0.value) }], rows)
        outcome.changedRows = changed
        outcome.message = message
        return outcome
    }
}

extension QualifiedName {
    /// Whether it names one of the warehouse's own tables.
    var isNative: Bool {
        schema == Schema.name && database == Schema.databaseName && NativeTables.all[name] != nil
    }
}
