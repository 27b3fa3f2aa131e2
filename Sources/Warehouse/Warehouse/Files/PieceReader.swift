import DurableIO
import SQLEngine
import JSON
import Vectors

/// Cuts the files of a load into pieces, each about a row group. Whoever calls makes sure that one thread
/// does so at a time.
final class PieceReader: @unchecked Sendable {
    // One thread at a time.

    /// How the records of a file stand in it.
    enum Shape: Sendable {
        case lines
        /// JSON values that may span lines, or the elements of arrays.
        case values
        case csv
    }

    private let files: [StagedFile]
    private let format: FileFormat
    private let recordsMax: Int
    private let isWholeValues: Set<Int>
    private let passesOver: Bool
    private let pool = PiecePool()
    private var next = 0
    private var pieces = 0
    private var current: Open?
    /// The hash of the bytes as stored, by file; of those that have been read to their end.
    private(set) var hashes: [Int: UInt64] = [:]
    /// Why files could not be read, such as damaged compressed ones; none where that ends the reading.
    private(set) var failures: [Int: SQLError] = [:]

    /// Where a piece ends at the latest, unless a record is longer.
    private static let bytesMax = 48 << 20

    private struct Open {
        var file: Int
        var content: FileContent
        var splitter = RecordSplitter()
        var values: JSONValues?
        var header: [String]?
        /// What has been read of the file and is not in a piece yet.
        var rest = PieceBuffer(capacity: 64)
        var position = 0
        /// Where `rest` begins in the file.
        var restOffset = 0
        var hash: UInt64
        var line = 0
        var record = 0
        var isEnded: Bool { position >= content.count && rest.count == 0 }
    }

    /// - Parameters:
    ///   - isWholeValues: JSON files whose values are not one to a line, although it looks so.
    ///   - passesOver: whether a file whose content cannot be made out leaves the others to be read.
    init(
        _ files: [StagedFile], _ format: FileFormat, isWholeValues: Set<Int> = [], recordsMax: Int,
        passesOver: Bool = false
    ) {
        self.files = files
        self.format = format
        self.isWholeValues = isWholeValues
        self.recordsMax = recordsMax
        self.passesOver = passesOver
    }

    /// The next piece.
    func nextPiece() throws -> Piece? {
        var piece = Piece(
            index: pieces, buffer: PieceBuffer(capacity: 1 << 16, pool: pool), spans: [], isLast: false)
        var records = 0
        while records < recordsMax, piece.buffer.count < Self.bytesMax {
            if current == nil {
                guard next < files.count else { break }
                defer { next += 1 }
                do {
                    current = try open(next)
                } catch let error as SQLError where passesOver && error.code == .data {
                    failures[next] = error
                    continue
                }
            }
            guard var open = current else { break }
            // Files of one piece have the same columns.
            if let last = piece.spans.last, last.header != open.header { break }
            current = nil
            if let span = try open.values == nil
                ? fill(&open, piece.buffer, records) : fillValues(&open, piece.buffer, records)
            {
                records += span.records
                piece.spans.append(span)
            }
            let isEnded = open.values?.isAtEnd ?? open.isEnded
            if isEnded { hashes[open.file] = open.content.storedHash ?? open.hash } else { current = open }
        }
        guard !piece.spans.isEmpty else { return nil }
        pieces += 1
        piece.isLast = current == nil && next == files.count
        return piece
    }

    // MARK: Beginning a file

    private func open(_ file: Int) throws -> Open {
        let content = try FileContent(files[file], format.compression)
        var open = Open(file: file, content: content, hash: UInt64(content.count))
        switch format.kind {
        case .csv:
            open.splitter = RecordSplitter(format)
            try skipMark(&open)
            try skipHeader(&open)
        case .json:
            let isWhole = isWholeValues.contains(file) || format.stripsOuterArray
            let shape = try isWhole ? .values : Self.shape(content, isMultiLine: format.isMultiLine)
            if shape == .values {
                open.values = JSONValues(try content.all(), stripsArrays: format.stripsOuterArray)
                open.hash = try Self.hash(content)
            } else {
                try skipMark(&open)
            }
        }
        return open
    }

    private static func hash(_ content: FileContent) throws -> UInt64 {
        var state = UInt64(content.count)
        try withTemporaryMemory(of: UInt8.self, capacity: FileContent.blockBytes) { block in
            for start in stride(from: 0, to: content.count, by: FileContent.blockBytes) {
                let count = try content.read(into: UnsafeMutableRawBufferPointer(block), at: start)
                state = FileContent.hash(
                    state, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(block)[..<count]))
            }
        }
        return state
    }

    /// Whether a JSON file's first value ends where its first line ends.
    static func shape(_ content: FileContent, isMultiLine: Bool) throws -> Shape {
        guard isMultiLine else { return .lines }
        var start = [UInt8](repeating: 0, count: min(content.count, FileContent.blockBytes))
        let count = try start.withUnsafeMutableBytes { try content.read(into: $0, at: 0) }
        var place = start.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while place < count, [0x20, 0x09, 0x0D, 0x0A].contains(start[place]) { place += 1 }
        guard place < count, let end = start[place...].firstIndex(of: 0x0A) else { return .lines }
        let isLine = start.withUnsafeBufferPointer { bytes in
            JSONValues.isSound(UnsafeBufferPointer(rebasing: bytes[place..<end]), JSONTape())
        }
        if isLine { return .lines }
        return JSONValues(try content.all(), stripsArrays: false).beginsSoundly() ? .values : .lines
    }

    /// Reads one more block to the end of a buffer, or where much of that is no whole record yet, as much again.
    private func readMore(_ open: inout Open, into buffer: PieceBuffer, unfinished: Int) throws {
        var read = 0
        repeat {
            let target = buffer.reserve(FileContent.blockBytes)
            let count = try open.content.read(
                into: UnsafeMutableRawBufferPointer(start: target, count: FileContent.blockBytes),
                at: open.position)
            guard count > 0 else {
                // The file has been cut while it was read.
                open.position = open.content.count
                return
            }
            if open.content.storedHash == nil {
                open.hash = FileContent.hash(open.hash, UnsafeRawBufferPointer(start: target, count: count))
            }
            buffer.commit(count)
            open.position += count
            read += count
        } while read < unfinished && open.position < open.content.count
    }

    private func readMore(_ open: inout Open) throws {
        try readMore(&open, into: open.rest, unfinished: open.rest.count)
    }

    private func skipMark(_ open: inout Open) throws {
        guard format.skipsByteOrderMark, open.content.count > 0 else { return }
        try readMore(&open)
        if open.rest.bytes(0..<open.rest.count).starts(with: [0xEF, 0xBB, 0xBF]) { drop(3, &open) }
    }

    private func drop(_ count: Int, _ open: inout Open) {
        let rest = PieceBuffer(capacity: max(64, open.rest.count - count))
        rest.append(open.rest.bytes(count..<open.rest.count))
        open.rest = rest
        open.restOffset += count
    }

    private func skipHeader(_ open: inout Open) throws {
        let lines = format.parsesHeader ? 1 : format.headerLines
        guard lines > 0 else { return }
        let splitter = format.parsesHeader ? open.splitter : RecordSplitter()
        var skipped = 0
        while skipped < lines, !open.isEnded {
            let isEnd = open.position >= open.content.count
            let run = splitter.run(
                open.rest.pointer, from: 0, count: open.rest.count, most: lines - skipped, isEnd: isEnd)
            if run.records == 0 {
                guard !isEnd else { return }
                try readMore(&open)
                continue
            }
            if format.parsesHeader { open.header = Self.names(open.rest.bytes(0..<run.end), format) }
            skipped += run.records
            open.line += run.lines
            drop(run.end, &open)
        }
    }

    private static func names(_ bytes: UnsafeBufferPointer<UInt8>, _ format: FileFormat) -> [String] {
        let fields = CSVFields(format)
        guard let base = bytes.baseAddress else { return [] }
        var end = bytes.count
        if RecordSplitter(format).record(base, from: 0, count: end, isEnd: true).map({ end = $0.end }) == nil
        {
            return []
        }
        guard fields.read(base, from: 0, to: end) == nil else { return [] }
        return (0..<fields.count).map { String(decoding: fields[$0], as: UTF8.self) }
    }

    // MARK: Filling pieces

    private func fill(_ open: inout Open, _ buffer: PieceBuffer, _ already: Int) throws -> Span? {
        var span = Span(
            file: open.file, range: buffer.count..<buffer.count, byteOffset: open.restOffset,
            firstLine: open.line,
            firstRecord: open.record, records: 0, pieceRecord: already, header: open.header)
        let start = buffer.count
        buffer.append(open.rest.bytes(0..<open.rest.count))
        // Where the last whole record ends.
        var end = start
        while already + span.records < recordsMax, end < Self.bytesMax {
            let isEnd = open.position >= open.content.count
            let run = open.splitter.run(
                buffer.pointer, from: end, count: buffer.count, most: recordsMax - already - span.records,
                isEnd: isEnd)
            if run.records == 0 {
                guard !isEnd else { break }
                try readMore(&open, into: buffer, unfinished: buffer.count - end)
                continue
            }
            end = run.end
            span.records += run.records
            open.line += run.lines
        }
        open.rest = PieceBuffer(capacity: max(64, buffer.count - end))
        open.rest.append(buffer.bytes(end..<buffer.count))
        open.restOffset += end - start
        buffer.truncate(to: end)
        open.record += span.records
        span.range = start..<buffer.count
        // Files that follow must begin a line of their own.
        if span.records > 0, format.kind == .json, buffer.bytes(start..<buffer.count).last != 0x0A {
            buffer.append(0x0A)
        }
        return span.records > 0 ? span : nil
    }

    private func fillValues(_ open: inout Open, _ buffer: PieceBuffer, _ already: Int) throws -> Span? {
        guard let values = open.values else { return nil }
        var places: [(line: Int, byteOffset: Int)] = []
        let start = buffer.count
        while already + places.count < recordsMax, buffer.count < Self.bytesMax, let value = values.next() {
            values.append(value, to: buffer)
            places.append((value.line, value.offset))
        }
        let span = Span(
            file: open.file, range: start..<buffer.count, byteOffset: places.first?.byteOffset ?? 0,
            firstLine: places.first?.line ?? 0,
            firstRecord: open.record, records: places.count, pieceRecord: already, places: places)
        open.record += places.count
        return places.isEmpty ? nil : span
    }
}
