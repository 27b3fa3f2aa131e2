package import Vectors

/// Lets rows through for which a condition is true.
package final class FilterOperator: PhysicalOperator {
    package let types: [SQLType]
    package let children: [any PhysicalOperator]
    package let title: String
    private let condition: any VectorExpression

    package init(_ child: any PhysicalOperator, _ condition: any VectorExpression, title: String) {
        children = [child]
        types = child.types
        self.condition = condition
        self.title = title
    }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        let condition = condition
        return try children[0].open(context).map { stream in
            MappedStream(stream, sortedBy: stream.sortedBy) { batch in
                let test = try condition.evaluate(batch, context.evaluation)
                let rows = RowSelection.rows(passing: test)
                if rows.count == batch.count { return batch }
                return rows.isEmpty
                    ? nil
                    : Batch(
                        batch.columns.map { $0.picking(rows, rising: true) }, count: rows.count,
                        order: batch.order)
            }
        }
    }
}

/// Computes columns from columns.
package final class ProjectOperator: PhysicalOperator {
    package let types: [SQLType]
    package let children: [any PhysicalOperator]
    package let title: String
    private let expressions: [any VectorExpression]

    package init(_ child: any PhysicalOperator, _ expressions: [any VectorExpression], title: String) {
        children = [child]
        types = expressions.map(\.type)
        self.expressions = expressions
        self.title = title
    }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        let expressions = expressions
        return try children[0].open(context).map { stream in
            MappedStream(stream, sortedBy: order(of: stream)) { batch in
                Batch(
                    try expressions.map { try $0.evaluate(batch, context.evaluation) }, count: batch.count,
                    order: batch.order)
            }
        }
    }
}

extension ProjectOperator {
    /// What is left of the order of the child's rows: up to the first column that is not given.
    fileprivate func order(of stream: any BatchStream) -> [SortKey] {
        var keys: [SortKey] = []
        for key in stream.sortedBy {
            let place = expressions.firstIndex { expression in
                guard let column = expression as? ColumnExpression else { return false }
                return column.place == key.column && column.type == children[0].types[key.column]
            }
            guard let place else { break }
            keys.append(SortKey(column: place, isDescending: key.isDescending, nullsFirst: key.nullsFirst))
        }
        return keys
    }
}

/// The batches of another stream, each changed; those for which nothing is given are left out.
final class MappedStream: BatchStream {
    let sortedBy: [SortKey]
    private let source: any BatchStream
    private let change: (Batch) throws -> Batch?

    init(
        _ source: any BatchStream, sortedBy: [SortKey], _ change: @escaping (Batch) throws -> Batch?
    ) {
        self.source = source
        self.sortedBy = sortedBy
        self.change = change
    }

    func next() throws -> Batch? {
        while let batch = try source.next() {
            if let changed = try change(batch) { return changed }
        }
        return nil
    }
}

/// `GENERATOR`: rows numbered from 0.
package final class GeneratorOperator: PhysicalOperator {
    package let types: [SQLType] = [.number(precision: 18, scale: 0)]
    package var children: [any PhysicalOperator] { [] }
    package var title: String { "Generator \(rows) rows" }
    private let rows: Int

    package init(rows: Int) { self.rows = rows }

    package func open(_ context: ExecutionContext) -> [any BatchStream] { [Stream(rows, context)] }

    private final class Stream: BatchStream {
        private var position = 0
        private let rows: Int
        private let context: ExecutionContext

        init(_ rows: Int, _ context: ExecutionContext) {
            self.rows = rows
            self.context = context
        }

        func next() throws -> Batch? {
            guard position < rows else { return nil }
            // A filter above may go through all rows before it gives one.
            try context.checkInterruption()
            let count = min(Batch.rowsMax, rows - position)
            let vector = Vector.allocate(.number(precision: 18, scale: 0), count: count)
            for row in 0..<count { vector.int64s[row] = Int64(position + row) }
            defer { position += count }
            return Batch([vector], count: count, order: UInt64(position))
        }
    }
}
