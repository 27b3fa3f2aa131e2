import ColumnStore
import JSON
import Vectors

/// The rows of a JSON piece, shredded, and the records that were none.
struct JSONRows: Sendable {
    let variant: ShreddedVariant
    /// The record of the piece that each row is; `nil` where row `r` is record `r`.
    private let records: Vector?
    let rejections: [RejectedLine]
    /// What was read: the piece's own bytes, or better ones.
    private let buffer: PieceBuffer
    private let piece: Piece

    fileprivate init(_ lines: ShreddedLines, _ buffer: PieceBuffer, _ piece: Piece) {
        variant = lines.variant
        records = lines.lineIndexes
        rejections = lines.rejections
        self.buffer = buffer
        self.piece = piece
    }

    var count: Int { variant.count }

    func record(of row: Int) -> Int { records.map { Int($0.int64s[row]) } ?? row }

    /// How many rows each span has.
    func rowCounts() -> [Int] {
        guard records != nil else { return piece.spans.map(\.records) }
        var counts = piece.spans.map { _ in 0 }
        var span = 0
        for row in 0..<count {
            let record = record(of: row)
            while span + 1 < piece.spans.count, piece.spans[span + 1].pieceRecord <= record { span += 1 }
            counts[span] += 1
        }
        return counts
    }

    // MARK: Errors

    /// The bytes of a record in what was read.
    func text(ofRecord record: Int) -> Range<Int> {
        var start = 0
        var left = record
        let bytes = buffer.bytes(0..<buffer.count)
        while left > 0, start < bytes.count {
            if bytes[start] == 0x0A { left -= 1 }
            start += 1
        }
        var end = start
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        return start..<end
    }

    /// What is wrong with a record, with its place in the file.
    ///
    /// - Parameter character: the byte of the record that it is about, from 1.
    func error(_ message: String, record: Int, range: Range<Int>, character: Int, column: String? = nil)
        -> CopyError
    {
        let span = piece.spans[piece.span(of: record)]
        let index = record - span.pieceRecord
        let text = buffer.bytes(range)
        var line = span.firstLine + index
        var offset = span.byteOffset + range.lowerBound - span.range.lowerBound
        var shown = character
        if let places = span.places {
            (line, offset) = places[index]
            // Line ends are carriage returns in here.
            for place in 0..<max(0, min(character - 1, text.count)) where text[place] == 0x0D {
                line += 1
                shown = character - place - 1
            }
        }
        return CopyError(
            line: line + 1, character: shown, byteOffset: offset, row: span.firstRecord + index + 1,
            column: column, message: message,
            record: Array(text.prefix(CopyError.recordBytesMax)))
    }

    func error(_ rejection: RejectedLine) -> CopyError {
        // The shredder has counted bytes from 1.
        let start = rejection.byteOffset - 1
        return error(
            "Error parsing JSON: \(rejection.error.reason)", record: rejection.line,
            range: start..<start + rejection.byteCount,
            character: rejection.error.column)
    }

    /// The tally of each span.
    ///
    /// - Parameter errors: of records beside those that are no JSON, by record.
    func tallies(_ errors: [Int: CopyError] = [:]) -> [(file: Int, FileTally)] {
        var tallies = zip(piece.spans, rowCounts()).map { span, rows in
            (file: span.file, FileTally(parsed: rows, loaded: rows))
        }
        var all = errors
        for rejection in rejections { all[rejection.line] = error(rejection) }
        for (record, error) in all.sorted(by: { $0.key < $1.key }) {
            let span = piece.span(of: record)
            if errors[record] == nil { tallies[span].1.parsed += 1 } else { tallies[span].1.loaded -= 1 }
            tallies[span].1.add(error)
        }
        return tallies
    }

    // MARK: Values

    /// The rows as JSON text.
    func text() throws -> Vector { try VariantAssembler(variant).assemble() }

    /// The keys that objects have at their top, in the order of their bytes.
    func topKeys() -> [String] {
        var keys = Set(variant.columns.compactMap(\.path.first))
        if let residue = variant.residue { keys.formUnion(ResidueLookup.topLevelKeys(of: residue).keys) }
        return keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The values at a path.
    ///
    /// - Parameter text: the rows as text, made when it is needed.
    func values(at path: [String], _ text: () throws -> Vector) throws -> Vector {
        if path.isEmpty { return try text() }
        let touching = variant.columns.filter { $0.path.starts(with: path) || path.starts(with: $0.path) }
        if variant.residue == nil {
            if touching.isEmpty { return Vector.nulls(.variant, count: count) }
            if touching.count == 1, touching[0].path == path { return touching[0].vector }
        }
        return ResidueLookup.vector(residue: try text(), path: path)
    }
}

/// Reads JSON pieces. One thread; what it has learned of the lines' shape stays from piece to piece.
final class JSONReader {
    private let shredder: NDJSONShredder
    private let format: FileFormat
    private let tape = JSONTape()

    init(_ format: FileFormat) {
        self.format = format
        var options = NDJSONShredder.Options()
        options.rejectionsKeptMax = .max
        // Pieces are as long as they may be.
        options.bytesMax = .max / 4
        options.rejectsDuplicateKeys = !format.allowsDuplicates
        options.syntax = .lenient
        shredder = NDJSONShredder(options)
    }

    func read(_ piece: Piece) -> JSONRows {
        let buffer = prepared(piece)
        // Not 0, where a byte order mark would be passed over.
        shredder.restart(line: 0, byteOffset: 1)
        let bytes = UnsafeRawBufferPointer(buffer.bytes(0..<buffer.count))
        var position = 0
        while position < bytes.count {
            let taken = shredder.append(UnsafeRawBufferPointer(rebasing: bytes[position...]))
            if taken == 0 { break }
            position += taken
        }
        precondition(position == bytes.count, "a piece has no more records than a row group")
        return withExtendedLifetime(buffer) { JSONRows(shredder.finish(), buffer, piece) }
    }

    /// The piece's lines, with what the format wants changed in them.
    private func prepared(_ piece: Piece) -> PieceBuffer {
        var buffer = piece.buffer
        let bytes = buffer.bytes(0..<buffer.count)
        if format.replacesInvalid, !UTF8Check.isSound(bytes) {
            let repaired = Array(String(decoding: bytes, as: UTF8.self).utf8)
            buffer = PieceBuffer(capacity: repaired.count)
            repaired.withUnsafeBufferPointer { buffer.append($0) }
        }
        return format.stripsNulls ? withoutNulls(buffer) : buffer
    }

    private func withoutNulls(_ buffer: PieceBuffer) -> PieceBuffer {
        let result = PieceBuffer(capacity: buffer.count)
        let bytes = buffer.bytes(0..<buffer.count)
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            let line = UnsafeBufferPointer(rebasing: bytes[start..<end])
            if let text = stripped(line) {
                text.withUnsafeBufferPointer { result.append($0) }
            } else {
                result.append(line)
            }
            if end < bytes.count { result.append(0x0A) }
            start = end + 1
        }
        return result
    }

    /// A line without members and elements that are null; `nil` for one that is no JSON, or has a key twice
    /// where it may not.
    private func stripped(_ line: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        do throws(JSONError) {
            try tape.parse(
                line, duplicates: format.allowsDuplicates ? .lastWins : .reject, syntax: .lenient)
        } catch {
            return nil
        }
        return Array(Self.withoutNulls(JSONValue(tape, 0)).text.utf8)
    }

    private static func withoutNulls(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements):
            return .array(elements.compactMap { if case .null = $0 { nil } else { withoutNulls($0) } })
        case .object(let object):
            var result = JSONObject()
            for member in object.members {
                if case .null = member.value { continue }
                result[member.key] = withoutNulls(member.value)
            }
            return .object(result)
        default: return value
        }
    }
}
