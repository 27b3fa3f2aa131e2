import ColumnStore
import SQLEngine
import JSON
import Vectors

/// Reads the records of CSV pieces straight into typed columns. One thread.
final class CSVLoader: CopyWorker {
    private let target: CopyTarget
    private let format: FileFormat
    private let fields: CSVFields
    private let splitter: RecordSplitter

    init(_ target: CopyTarget) {
        self.target = target
        format = target.format
        fields = CSVFields(format)
        splitter = RecordSplitter(format)
    }

    func load(_ piece: Piece) throws -> CopiedPiece {
        let capacity = max(1, piece.records)
        // All files of a piece have one header.
        let order = fieldOrder(piece.spans.first?.header)
        let sinks = target.given.map { place in
            let column = target.columns[place]
            return FieldSink.make(
                column.type, lengthMax: column.valueLengthMax, truncates: target.truncates, format,
                target.context,
                capacity: capacity)
        }
        let nullable = target.given.enumerated().map { index, place in
            target.columns[place].isNullable || target.columns[place].identity != nil
                || (order.map { $0[index] == nil } == true && target.hasDefault(place))
        }
        var row = 0
        var tallies: [(file: Int, FileTally)] = []
        for span in piece.spans {
            var tally = FileTally()
            let before = row
            CSVRecords(format, splitter).forEach(piece, span) { bytes, record, place in
                tally.parsed += 1
                let damage =
                    place.isDamaged
                    ? Problem(message: "the record is not UTF-8 text", place: record.lowerBound) : nil
                if let error = damage ?? store(bytes, record, order, sinks, nullable, row) {
                    tally.add(described(error, place, bytes, record, tally.parsed + span.firstRecord, span))
                } else {
                    row += 1
                }
            }
            tally.loaded = row - before
            tallies.append((span.file, tally))
        }
        var values: [Int: ColumnValues] = [:]
        for (index, place) in target.given.enumerated() {
            // A column that the file does not have gets its default.
            let isMissing = order.map { $0[index] == nil } ?? false
            if isMissing, target.hasDefault(place) { continue }
            values[place] = .plain(sinks[index].finish(count: row))
        }
        return try target.finished(piece, values, count: row, tallies)
    }

    /// For each column given the field that has its values; `nil` where fields come in the order of the
    /// columns.
    private func fieldOrder(_ header: [String]?) -> [Int?]? {
        guard target.matching != nil, let header else { return nil }
        return target.given.map { column in header.firstIndex { target.matches($0, column) } }
    }

    private struct Problem {
        var message: String
        /// A place in the buffer.
        var place: Int
        /// The place in `given`.
        var column: Int?
    }

    private func store(
        _ bytes: UnsafePointer<UInt8>, _ record: Range<Int>, _ order: [Int?]?, _ sinks: [FieldSink],
        _ nullable: [Bool], _ row: Int
    ) -> Problem? {
        if let failure = fields.read(bytes, from: record.lowerBound, to: record.upperBound) {
            let column = order == nil && failure.field < sinks.count ? failure.field : nil
            return Problem(message: failure.message, place: failure.place, column: column)
        }
        if order == nil, format.checksColumnCount, fields.count != sinks.count {
            return Problem(
                message:
                    "the record has \(fields.count) fields, and \(sinks.count) columns are to be filled; "
                    + "ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE ignores this",
                place: fields.count > sinks.count ? fields.place(of: sinks.count) : record.upperBound)
        }
        for column in sinks.indices {
            let field = order.map { $0[column] ?? Int.max } ?? column
            if field >= fields.count || fields.isNull(field) {
                sinks[column].putNull(row: row)
                if !nullable[column] {
                    return Problem(
                        message: "NULL result in a non-nullable column",
                        place: field < fields.count ? fields.place(of: field) : record.upperBound,
                        column: column)
                }
            } else if let message = sinks[column].put(fields[field], row: row) {
                return Problem(message: message, place: fields.place(of: field), column: column)
            }
        }
        return nil
    }

    private func described(
        _ problem: Problem, _ place: CSVRecords.Place, _ bytes: UnsafePointer<UInt8>, _ record: Range<Int>,
        _ number: Int, _ span: Span
    ) -> CopyError {
        var line = place.line
        var lineStart = record.lowerBound
        for index in record.lowerBound..<min(problem.place, record.upperBound) where bytes[index] == 0x0A {
            line += 1
            lineStart = index + 1
        }
        let text = UnsafeBufferPointer(
            start: bytes + record.lowerBound, count: min(record.count, CopyError.recordBytesMax))
        return CopyError(
            line: line + 1, character: problem.place - lineStart + 1, byteOffset: place.byteOffset,
            row: number,
            column: problem.column.map { target.columnText(target.given[$0]) }, message: problem.message,
            record: Array(text))
    }
}

/// The records of a span of a CSV file.
struct CSVRecords {
    private let format: FileFormat
    private let splitter: RecordSplitter

    /// Where a record begins in its file; the line from 0.
    struct Place {
        var line: Int
        var byteOffset: Int
        /// Whether there are bytes in it that are no UTF-8.
        var isDamaged = false
    }

    init(_ format: FileFormat, _ splitter: RecordSplitter) {
        self.format = format
        self.splitter = splitter
    }

    /// Calls `body` with each record: the bytes, the record's place in them, and its place in the file.
    func forEach(
        _ piece: Piece, _ span: Span, _ body: (UnsafePointer<UInt8>, Range<Int>, Place) throws -> Void
    ) rethrows {
        let bytes = UnsafePointer(piece.buffer.pointer)
        let whole = UnsafeBufferPointer(start: bytes + span.range.lowerBound, count: span.range.count)
        let isSound = UTF8Check.isSound(whole)
        var position = span.range.lowerBound
        var line = span.firstLine
        while position < span.range.upperBound,
            let record = splitter.record(bytes, from: position, count: span.range.upperBound, isEnd: true)
        {
            let place = Place(line: line, byteOffset: span.byteOffset + position - span.range.lowerBound)
            let start = position
            position = record.next
            line += record.lines
            if format.skipsBlankLines, record.end == start { continue }
            let text = UnsafeBufferPointer(start: bytes + start, count: record.end - start)
            if isSound || UTF8Check.isSound(text) {
                try body(bytes, start..<record.end, place)
            } else if !format.replacesInvalid {
                try body(
                    bytes, start..<record.end,
                    Place(line: place.line, byteOffset: place.byteOffset, isDamaged: true))
            } else {
                let repaired = Array(String(decoding: text, as: UTF8.self).utf8)
                try repaired.withUnsafeBufferPointer { buffer in
                    if let base = buffer.baseAddress {
                        try body(base, 0..<buffer.count, place)
                    } else {
                        try body(bytes, start..<start, place)
                    }
                }
            }
        }
    }
}

/// Whether bytes are UTF-8, with a short way for ASCII.
enum UTF8Check {
    static func isSound(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = bytes.baseAddress.map(UnsafeRawPointer.init) else { return true }
        var position = 0
        while position + 32 <= bytes.count {
            let word =
                base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                | base.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self)
                | base.loadUnaligned(fromByteOffset: position + 16, as: UInt64.self)
                | base.loadUnaligned(fromByteOffset: position + 24, as: UInt64.self)
            if word & 0x8080_8080_8080_8080 != 0 { break }
            position += 32
        }
        return JSONBytes.isUTF8(UnsafeBufferPointer(rebasing: bytes[position...]))
    }
}
