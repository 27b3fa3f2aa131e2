import SQLEngine
import Threads
import Vectors

/// The files of a stage as a table: `SELECT $1, … FROM @stage`. All of them are read when a scan begins.
final class StageTable: TableSource {
    let columns: [TableColumn]
    let estimatedRowCount: Int
    private let files: [StagedFile]
    private let shape: SourceShape
    private let context: ExecutionContext
    private static let rowBytesEstimate = 100

    init(_ files: [StagedFile], _ shape: SourceShape, _ context: ExecutionContext) {
        self.files = files
        self.shape = shape
        self.context = context
        columns = shape.columns
        estimatedRowCount = files.reduce(0) { $0 + $1.byteCount } / Self.rowBytesEstimate
    }

    func scan(_ request: ScanRequest) throws -> any TableScan {
        let wanted = request.columns
        do {
            return try read(wanted, wholeValues: [])
        } catch let failure as Damage {
            // Lines of JSON that are none by themselves may be parts of longer values.
            guard shape.format.kind == .json, shape.format.isMultiLine, !shape.format.stripsOuterArray else {
                throw failure.error
            }
            let content = try FileContent(files[failure.file], shape.format.compression)
            guard content.count < Int(Int32.max),
                JSONValues(try content.all(), stripsArrays: false).isSoundThroughout()
            else {
                throw failure.error
            }
            do { return try read(wanted, wholeValues: Set(files.indices)) } catch let failure as Damage {
                throw failure.error
            }
        }
    }

    private struct Damage: Error {
        var file: Int
        var error: SQLError
    }

    private struct Read: Sendable {
        var vectors: [Vector]
        var count: Int
    }

    private func read(_ wanted: [ScanColumn], wholeValues: Set<Int>) throws -> VectorPieces {
        let reader = PieceReader(files, shape.format, isWholeValues: wholeValues, recordsMax: 131_072)
        let (files, shape, context) = (files, shape, context)
        var pieces: [Read] = []
        try OrderedWork.run(
            threads: estimatedRowCount < 10_000 ? 1 : context.threads,
            next: {
                try context.checkInterruption()
                return try reader.nextPiece()
            },
            makeWorker: {
                let source = SourceReader(files, shape, context.evaluation)
                return { (piece: Piece) -> Read in
                    let rows = source.read(piece)
                    for (file, tally) in rows.tallies {
                        guard let error = tally.errors.first else { continue }
                        throw Damage(file: file, error: Self.error(error, files[file]))
                    }
                    return Read(vectors: try wanted.map { try rows.vector($0) }, count: rows.count)
                }
            }, take: { pieces.append($0) })
        return VectorPieces(Self.unified(pieces.map(\.vectors), columns: wanted.count), pieces.map(\.count))
    }

    private static func error(_ error: CopyError, _ file: StagedFile) -> SQLError {
        SQLError(
            .data,
            "\(error.message)\n  File '\(file.title)', line \(error.line), character \(error.character)")
    }

    /// The vectors of each column in one form.
    private static func unified(_ pieces: [[Vector]], columns: Int) -> [[Vector]] {
        var pieces = pieces
        for column in 0..<columns {
            let vectors = pieces.map { $0[column] }
            guard let first = vectors.first, first.type.isSemiStructured else { continue }
            let isOne = vectors.allSatisfy {
                $0.layout == first.layout && $0.scale == first.scale && $0.isJSON == first.isJSON
            }
            if isOne { continue }
            for piece in pieces.indices { pieces[piece][column] = vectors[piece].asJSONText() }
        }
        return pieces
    }
}
