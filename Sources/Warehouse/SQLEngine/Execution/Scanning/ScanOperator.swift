import Synchronization
package import Vectors

/// Reads a table: piece by piece, without pieces and blocks that the filters exclude, and without columns of rows that
/// fail them.
package final class ScanOperator: PhysicalOperator {
    package let types: [SQLType]
    package var children: [any PhysicalOperator] { [] }
    package let title: String
    private let table: any TableSource
    private let request: ScanRequest
    private let filters: [Filter]

    /// A condition, and the places in the request of the columns that it reads.
    struct Filter: Sendable {
        let expression: any VectorExpression
        let columns: [Int]
    }

    /// - Parameters:
    ///   - types: those of the request's columns.
    ///   - filters: conditions over the request's columns, in the order in which they are to be tested.
    init(_ table: any TableSource, _ request: ScanRequest, types: [SQLType], filters: [Filter], title: String)
    {
        self.table = table
        self.request = request
        self.types = types
        self.filters = filters
        self.title = title
    }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        let scan = try table.scan(request)
        let tasks = Tasks(scan, minimum: context.threads)
        // Small tables are read by one thread: starting others would take longer.
        let streams = tasks.rowCount < 65_536 ? 1 : min(context.threads, max(1, tasks.count))
        return (0..<streams).map { _ in Stream(self, scan, tasks, context) }
    }

    /// What is left to be read, taken by the threads in the table's order.
    private final class Tasks: Sendable {
        struct Task {
            let piece: Int
            let start: Int
            let count: Int
        }

        private let tasks: [Task]
        private let next = Atomic(0)
        let rowCount: Int
        private static let rowsMax = 4 * Batch.rowsMax

        init(_ scan: any TableScan, minimum: Int) {
            var tasks: [Task] = []
            var rows = 0
            for piece in 0..<scan.pieceCount {
                let total = scan.rowCount(of: piece)
                if total == 0 || scan.isExcluded(piece: piece, start: 0, count: total) { continue }
                rows += total
                for start in stride(from: 0, to: total, by: Self.rowsMax) {
                    tasks.append(Task(piece: piece, start: start, count: min(Self.rowsMax, total - start)))
                }
            }
            self.tasks = tasks
            rowCount = rows
        }

        var count: Int { tasks.count }

        func take() -> Task? {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            return index < tasks.count ? tasks[index] : nil
        }
    }

    private final class Stream: BatchStream {
        private let owner: ScanOperator
        private let scan: any TableScan
        private let tasks: Tasks
        private let context: ExecutionContext
        private let reader: any TableReader
        private var task: Tasks.Task?
        private var position = 0

        init(_ owner: ScanOperator, _ scan: any TableScan, _ tasks: Tasks, _ context: ExecutionContext) {
            self.owner = owner
            self.scan = scan
            self.tasks = tasks
            self.context = context
            reader = scan.makeReader()
        }

        func next() throws -> Batch? {
            while true {
                guard let task, position < task.count else {
                    guard let following = tasks.take() else { return nil }
                    task = following
                    position = 0
                    continue
                }
                let start = task.start + position
                let count = min(Batch.rowsMax, task.count - position)
                position += count
                if scan.isExcluded(piece: task.piece, start: start, count: count) { continue }
                if let batch = try read(piece: task.piece, start: start, count: count) { return batch }
                try context.checkInterruption()
            }
        }

        private func read(piece: Int, start: Int, count: Int) throws -> Batch? {
            let width = owner.types.count
            var columns = [Vector?](repeating: nil, count: width)
            // Rows still in question, counted from `start`; `nil` for all.
            var rows = try reader.liveRows(piece: piece, start: start, count: count)
            if rows?.isEmpty == true { return nil }
            func column(_ place: Int) throws -> Vector {
                if let known = columns[place] { return known }
                var vector = try reader.read(place, piece: piece, start: start, count: count)
                if let rows { vector = vector.picking(rows, rising: true) }
                columns[place] = vector
                return vector
            }
            for filter in owner.filters {
                let inputs = try filter.columns.map { ($0, try column($0)) }
                let remaining = rows?.count ?? count
                let batch = Self.batch(inputs, width: width, count: remaining)
                let test = try filter.expression.evaluate(batch, context.evaluation)
                let kept = RowSelection.rows(passing: test)
                if kept.isEmpty { return nil }
                if kept.count == remaining { continue }
                for place in columns.indices { columns[place] = columns[place]?.picking(kept, rising: true) }
                rows = rows.map { rows in kept.map { rows[Int($0)] } } ?? kept
            }
            var result = try (0..<width).map(column)
            // Filters mostly leave values; what follows is faster where it need not look for NULLs.
            if rows != nil { result = result.map { $0.droppingNeedlessValidity() } }
            return Batch(result, count: rows?.count ?? count, order: UInt64(piece) << 32 | UInt64(start))
        }

        /// A batch with some of the columns; the others are not read.
        private static func batch(_ inputs: [(Int, Vector)], width: Int, count: Int) -> Batch {
            let placeholder = inputs.first?.1 ?? Vector.nulls(.null, count: 0)
            var columns = [Vector](repeating: placeholder, count: width)
            for (place, vector) in inputs { columns[place] = vector }
            return Batch(columns, count: count)
        }
    }
}

extension Vector {
    func picking(_ rows: [UInt32], rising: Bool = false) -> Vector {
        rows.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { gather($0, count: buffer.count, rising: rising) }
                ?? slice(from: 0, count: 0)
        }
    }
}
