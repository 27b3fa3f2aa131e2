import SQLEngine
import Vectors

/// Rows that lie in memory already, a vector a column.
final class VectorTable: TableSource {
    let columns: [TableColumn]
    private let vectors: [Vector]
    private let count: Int

    init(_ vectors: [Vector], count: Int) {
        self.vectors = vectors
        self.count = count
        columns = vectors.map { TableColumn("", $0.type) }
    }

    var estimatedRowCount: Int { count }

    func scan(_ request: ScanRequest) -> any TableScan {
        VectorPieces([request.columns.map { vectors[$0.index] }], [count])
    }
}
