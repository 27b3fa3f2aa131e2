import ColumnStore
import SQLEngine
import Vectors

extension StatementRun {
    func merge(_ merge: Merge, _ rows: TakeRows) throws -> StatementOutcome {
        let table = try changedTable(merge.table, merge.alias)
        let binder = makeBinder()
        var bound = try binder.bindMerge(merge, table.target)
        try prepare(&bound, binder)
        let change = try bound.change()
        let (updated, inserted) = (makeBuffer(table.columns), makeBuffer(table.columns))
        var decisions = Decisions(
            bound.actions, table.object.name.name,
            isStrict: catalog.settings.isOn("ERROR_ON_NONDETERMINISTIC_MERGE"), position: merge.position)
        try drain(try PhysicalPlanner(binder, context).plan(change.query)) { batch in
            let kept = try decisions.take(batch.columns[0], batch.columns[1], count: batch.count)
            let rows = Batch(Array(batch.columns.dropFirst(2)), count: batch.count)
            try updated.append(Self.picked(rows, kept.updated))
            try inserted.append(Self.picked(rows, kept.inserted))
        }
        try replace(decisions.changed, by: updated, adding: inserted, in: table)
        let counts = [
            (BoundMerge.Action.insert, "number of rows inserted", decisions.inserted),
            (.update, "number of rows updated", decisions.updated.count),
            (.delete, "number of rows deleted", decisions.deleted),
        ]
        return try giveCounts(
            counts.filter { bound.actions.contains($0.0) }.map { ($0.1, $0.2) },
            message:
                "\(decisions.inserted) rows inserted, \(decisions.updated.count) updated, \(decisions.deleted) deleted.",
            changed: decisions.inserted + decisions.changed.count, rows)
    }

    /// Computes the source where it fits in the memory, so that row groups of the target without its keys
    /// need not be read;
    /// then finds the rows that match, so that all other columns are read of them alone.
    private func prepare(_ merge: inout BoundMerge, _ binder: Binder) throws {
        let query = merge.sourceQuery()
        guard let source = try collect(query, binder) else { return }
        try merge.replaceSource(query, VectorTable(source.vectors, count: source.count), source.vectors)
        guard merge.needsMatches else { return }
        var matches = AddressSet()
        try drain(try PhysicalPlanner(binder, context).plan(merge.matches())) { batch in
            let addresses = batch.columns[0].int64s
            for row in 0..<batch.count { _ = matches.insert(RowAddress(addresses[row])) }
        }
        let found = matches
        merge.restrict { addresses, count in found.contains(addresses, count: count) }
    }

    /// All rows of a query; `nil` where they are too many to be held.
    private func collect(_ query: BoundQuery, _ binder: Binder) throws -> (vectors: [Vector], count: Int)? {
        struct TooMuch: Error {}
        let limit = session.options.memoryLimit / 8
        let collectors = query.columns.map { VectorCollector($0.column.type) }
        var count = 0
        do {
            try drain(try PhysicalPlanner(binder, context).plan(query)) { batch in
                for (collector, vector) in zip(collectors, batch.columns) { collector.append(vector) }
                count += batch.count
                if collectors.reduce(0, { $0 + $1.byteCount }) > limit { throw TooMuch() }
            }
        } catch is TooMuch {
            return nil
        }
        return (collectors.map { $0.finish() }, count)
    }

    /// What becomes of the rows of the target and the source.
    private struct Decisions {
        private let actions: [BoundMerge.Action]
        private let name: String
        private let isStrict: Bool
        private let position: Int
        private(set) var inserted = 0
        private(set) var updated = AddressSet()
        /// Rows updated or deleted.
        private(set) var changed = AddressSet()
        var deleted: Int { changed.count - updated.count }

        init(_ actions: [BoundMerge.Action], _ name: String, isStrict: Bool, position: Int) {
            self.actions = actions
            self.name = name
            self.isStrict = isStrict
            self.position = position
        }

        /// Takes pairs of rows with the clauses that decide; which of them give a row of the new table.
        mutating func take(_ addresses: Vector, _ clauses: Vector, count: Int) throws -> (
            updated: [UInt32], inserted: [UInt32]
        ) {
            var kept: (updated: [UInt32], inserted: [UInt32]) = ([], [])
            let (values, numbers) = (addresses.int64s, clauses.int64s)
            for row in 0..<count where clauses.isValid(row) {
                let address = RowAddress(values[row])
                switch actions[Int(numbers[row])] {
                case .insert:
                    inserted += 1
                    kept.inserted.append(UInt32(row))
                case .update:
                    if changed.insert(address) {
                        _ = updated.insert(address)
                        kept.updated.append(UInt32(row))
                    } else if isStrict {
                        throw several(address)
                    }
                case .delete:
                    // To be deleted several times is no contradiction.
                    if !changed.insert(address), isStrict, updated.contains(address) {
                        throw several(address)
                    }
                }
            }
            return kept
        }

        private func several(_ address: RowAddress) -> SQLError {
            SQLError(
                .cardinality,
                "a row of \(name) matches several rows of the source, which say different things of it: make the source's keys "
                    + "unique, as in QUALIFY ROW_NUMBER() OVER (PARTITION BY key ORDER BY …) = 1",
                position: position)
        }
    }
}
