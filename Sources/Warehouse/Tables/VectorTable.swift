import SQLEngine
import Vectors

/// Rows that lie in memory already, a vector a column.
final class VectorTable: TableSource {
    let columns: [TableColumn]
    let sortedColumns: [Int] = []
    private let vectors: [Vector]
    private let count: Int

    init(_ vectors: [Vector], count: Int) {
        self.vectors = vectors
        self.count = count
        columns = vectors.map { TableColumn("", $0.type) }
    }

    var estimatedRowCount: Int { count }

    func scan(_ request: ScanRequest) -> any TableScan {
        Scan(request.columns.map { vectors[$0.index] }, count: count)
    }

    private final class Scan: TableScan {
        private let vectors: [Vector]
        private let count: Int

        init(_ vectors: [Vector], count: Int) {
            self.vectors = vectors
            self.count = count
        }

        var pieceCount: Int { count > 0 ? 1 : 0 }
        func rowCount(of piece: Int) -> Int { count }
        func isExcluded(piece: Int, start: Int, count: Int) -> Bool { false }
        func makeReader() -> any TableReader { Reader(vectors) }
    }

    private final class Reader: TableReader {
        private let vectors: [Vector]

        init(_ vectors: [Vector]) { self.vectors = vectors }

        func read(_ column: Int, piece: Int, start: Int, count: Int) -> Vector {
            vectors[column].slice(from: start, count: count)
        }
        func liveRows(piece: Int, start: Int, count: Int) -> [UInt32]? { nil }
    }
}
