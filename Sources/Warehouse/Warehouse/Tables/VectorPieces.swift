import SQLEngine
import Vectors

/// A scan of vectors in memory, piece by piece.
final class VectorPieces: TableScan {
    private let vectors: [[Vector]]
    private let counts: [Int]

    init(_ vectors: [[Vector]], _ counts: [Int]) {
        self.vectors = vectors
        self.counts = counts
    }

    var pieceCount: Int { counts.count }
    func rowCount(of piece: Int) -> Int { counts[piece] }
    func isExcluded(piece: Int, start: Int, count: Int) -> Bool { false }
    func makeReader() -> any TableReader { Reader(vectors) }

    private final class Reader: TableReader {
        private let vectors: [[Vector]]

        init(_ vectors: [[Vector]]) { self.vectors = vectors }

        func read(_ column: Int, piece: Int, start: Int, count: Int) -> Vector {
            vectors[piece][column].slice(from: start, count: count)
        }
        func liveRows(piece: Int, start: Int, count: Int) -> [UInt32]? { nil }
    }
}
