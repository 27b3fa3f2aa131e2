import SQLEngine
import Vectors

/// A table whose rows are made when it is read, all at once: the ledgers, INFORMATION_SCHEMA, results of SHOW.
final class BatchTableSource: TableSource {
    let columns: [TableColumn]
    let estimatedRowCount: Int
    private let make: @Sendable () throws -> [[Scalar]]

    /// - Parameter make: the rows, with values of the columns' types.
    init(
        _ columns: [TableColumn], estimatedRowCount: Int = 1000,
        _ make: @escaping @Sendable () throws -> [[Scalar]]
    ) {
        self.columns = columns
        self.estimatedRowCount = estimatedRowCount
        self.make = make
    }

    func scan(_ request: ScanRequest) throws -> any TableScan {
        let rows = try make()
        let vectors = request.columns.map { column -> Vector in
            let type = column.index < 0 ? SQLType.integer : columns[column.index].type
            let collector = VectorCollector(type, capacity: rows.count)
            for (number, row) in rows.enumerated() {
                collector.append(
                    Vector.constant(column.index < 0 ? .integer(number) : row[column.index], type, count: 1))
            }
            return collector.finish()
        }
        return VectorPieces([vectors], [rows.count])
    }
}
