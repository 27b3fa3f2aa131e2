import SQLEngine
import Vectors

/// The columns that staged files have for queries: `$1` to `$n` and what is known of the file.
struct SourceShape: Sendable {
    let format: FileFormat
    /// How many fields there are; one of JSON.
    let fieldCount: Int

    enum Metadata: String, CaseIterable {
        case file = "METADATA$FILENAME", row = "METADATA$FILE_ROW_NUMBER", content =
            "METADATA$FILE_CONTENT_KEY"
        case modified = "METADATA$FILE_LAST_MODIFIED", started = "METADATA$START_SCAN_TIME"

        var type: SQLType {
            switch self {
            case .file, .content: .varchar
            case .row: .integer
            case .modified: .timestampNTZ
            case .started: .timestampLTZ
            }
        }
    }

    var columns: [TableColumn] {
        (1...fieldCount).map { TableColumn("$\($0)", format.kind == .json ? .variant : .varchar) }
            + Metadata.allCases.map { TableColumn($0.rawValue, $0.type, isNullable: false) }
    }

    /// As many fields as the first records have, and as a statement names.
    ///
    /// - Parameter text: the statement.
    init(_ format: FileFormat, _ files: [StagedFile], _ text: String) throws {
        self.format = format
        guard format.kind == .csv else {
            fieldCount = 1
            return
        }
        var count = 1
        for file in files.prefix(Self.lookedAtMax) {
            let reader = PieceReader([file], format, recordsMax: 1, passesOver: true)
            guard let piece = try reader.nextPiece() else { continue }
            let fields = CSVFields(format)
            CSVRecords(format, RecordSplitter(format)).forEach(piece, piece.spans[0]) { bytes, record, _ in
                _ = fields.read(bytes, from: record.lowerBound, to: record.upperBound)
                count = max(count, fields.count)
            }
        }
        fieldCount = max(count, Self.greatestOrdinal(text))
    }

    private static let lookedAtMax = 16
    private static let ordinalMax = 10_000

    /// The greatest `$n` of a text.
    private static func greatestOrdinal(_ text: String) -> Int {
        var greatest = 0
        var number: Int?
        for byte in text.utf8 {
            if byte == UInt8(ascii: "$") {
                number = 0
            } else if let known = number, byte &- 0x30 < 10 {
                let next = known * 10 + Int(byte &- 0x30)
                number = next <= ordinalMax ? next : nil
                greatest = max(greatest, number ?? 0)
            } else {
                number = nil
            }
        }
        return greatest
    }
}

/// The records of a piece as columns for a query.
struct SourcePiece: Sendable {
    let count: Int
    /// For each span the file, and how many rows it has.
    let rows: [(file: Int, count: Int, firstRow: Int)]
    /// What became of the records of each span; every row counts as loaded.
    let tallies: [(file: Int, FileTally)]
    fileprivate let files: [StagedFile]
    fileprivate let shape: SourceShape
    fileprivate let content: Content
    fileprivate let started: Int64

    fileprivate enum Content: Sendable {
        case json(JSONRows)
        case csv([Vector], records: [(range: Range<Int>, place: CSVRecords.Place)], Piece)
    }

    /// The values of a column, or of a path in it.
    func vector(_ column: ScanColumn) throws -> Vector {
        if column.index == ScanColumn.rowAddress { return numbers(.integer) { _, row, _ in Int64(row) } }
        if column.index < shape.fieldCount {
            switch content {
            case .json(let rows): return try rows.values(at: column.path) { try rows.text() }
            case .csv(let fields, _, _): return fields[column.index]
            }
        }
        switch SourceShape.Metadata.allCases[column.index - shape.fieldCount] {
        case .file: return texts { $0.name }
        case .content: return texts { $0.etag }
        case .row: return numbers(.integer) { _, row, first in Int64(first + row + 1) }
        case .modified: return numbers(.timestampNTZ) { file, _, _ in files[file].modified }
        case .started: return numbers(.timestampLTZ) { _, _, _ in started }
        }
    }

    private func texts(_ body: (StagedFile) -> String) -> Vector {
        let dictionary = StringDictionary(rows.map { body(files[$0.file]) })
        let result = Vector.allocate(.varchar, count: count, dictionary: dictionary)
        var row = 0
        for (code, span) in rows.enumerated() {
            (result.codes + row).initialize(repeating: UInt32(code), count: span.count)
            row += span.count
        }
        return result
    }

    private func numbers(_ type: SQLType, _ body: (_ file: Int, _ row: Int, _ firstRow: Int) -> Int64)
        -> Vector
    {
        let result = Vector.allocate(type, count: count)
        var row = 0
        for span in rows {
            for index in 0..<span.count {
                result.int64s[row] = body(span.file, index, span.firstRow)
                row += 1
            }
        }
        return result
    }

    /// What is wrong with a row, with its place in the file.
    func error(_ message: String, row: Int) -> CopyError {
        switch content {
        case .json(let rows):
            let record = rows.record(of: row)
            return rows.error(message, record: record, range: rows.text(ofRecord: record), character: 1)
        case .csv(_, let records, let piece):
            let (range, place) = records[row]
            var index = 0
            var first = 0
            while index + 1 < rows.count, first + rows[index].count <= row {
                first += rows[index].count
                index += 1
            }
            return CopyError(
                line: place.line + 1, character: 1, byteOffset: place.byteOffset,
                row: rows[index].firstRow + row - first + 1, column: nil,
                message: message, record: Array(piece.buffer.bytes(range).prefix(CopyError.recordBytesMax)))
        }
    }
}

/// Reads pieces for queries. One thread.
final class SourceReader {
    private let files: [StagedFile]
    private let shape: SourceShape
    private let context: EvaluationContext
    private let json: JSONReader?

    init(_ files: [StagedFile], _ shape: SourceShape, _ context: EvaluationContext) {
        self.files = files
        self.shape = shape
        self.context = context
        json = shape.format.kind == .json ? JSONReader(shape.format) : nil
    }

    func read(_ piece: Piece) -> SourcePiece {
        guard let json else { return readCSV(piece) }
        let rows = json.read(piece)
        let counts = zip(piece.spans, rows.rowCounts()).map {
            (file: $0.file, count: $1, firstRow: $0.firstRecord)
        }
        return SourcePiece(
            count: rows.count, rows: counts, tallies: rows.tallies(), files: files, shape: shape,
            content: .json(rows), started: context.now)
    }

    private func readCSV(_ piece: Piece) -> SourcePiece {
        let fields = CSVFields(shape.format)
        let records = CSVRecords(shape.format, RecordSplitter(shape.format))
        let capacity = max(1, piece.records)
        let sinks = (0..<shape.fieldCount).map { _ in
            FieldSink.make(
                .varchar, lengthMax: nil, truncates: false, shape.format, context, capacity: capacity)
        }
        var row = 0
        var places: [(range: Range<Int>, place: CSVRecords.Place)] = []
        var counts: [(file: Int, count: Int, firstRow: Int)] = []
        var tallies: [(file: Int, FileTally)] = []
        for span in piece.spans {
            var tally = FileTally()
            let before = row
            records.forEach(piece, span) { bytes, record, place in
                tally.parsed += 1
                var failure = fields.read(bytes, from: record.lowerBound, to: record.upperBound)
                if place.isDamaged {
                    failure = CSVFields.Failure(
                        message: "the record is not UTF-8 text", place: record.lowerBound, field: 0)
                }
                if let failure {
                    let text = UnsafeBufferPointer(
                        start: bytes + record.lowerBound, count: min(record.count, CopyError.recordBytesMax))
                    tally.add(
                        CopyError(
                            line: place.line + 1, character: failure.place - record.lowerBound + 1,
                            byteOffset: place.byteOffset,
                            row: span.firstRecord + tally.parsed, column: nil, message: failure.message,
                            record: Array(text)))
                    return
                }
                for (index, sink) in sinks.enumerated() {
                    if index < fields.count, !fields.isNull(index) {
                        _ = sink.put(fields[index], row: row)
                    } else {
                        sink.putNull(row: row)
                    }
                }
                // Of a record with replaced bytes the piece has others.
                let start = place.byteOffset - span.byteOffset + span.range.lowerBound
                places.append((start..<min(start + record.count, span.range.upperBound), place))
                row += 1
            }
            tally.loaded = row - before
            counts.append((span.file, row - before, span.firstRecord))
            tallies.append((span.file, tally))
        }
        return SourcePiece(
            count: row, rows: counts, tallies: tallies, files: files, shape: shape,
            content: .csv(sinks.map { $0.finish(count: row) }, records: places, piece), started: context.now)
    }
}
