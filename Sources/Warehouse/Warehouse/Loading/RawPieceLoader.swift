import ColumnStore
import DurableIO
import JSON
import Vectors

/// What all pieces of a load have in common.
struct RawLoadPlan: Sendable {
    let sources: [LoadSource]
    let text: LoadText
    let rules: LineRules
    let encoder: RowGroupEncoder
    /// The table's columns in its order.
    let columns: [(name: String, type: SQLType)]
    /// Microseconds since 1970 UTC.
    let loadedAt: Int64?
    /// The number of the row that the first line becomes.
    let firstRawID: Int64
}

/// What came of a piece.
struct LoadedRawPiece: Sendable {
    var groups: [EncodedRowGroup] = []
    /// Lines that are not loaded, in their order, each with its object and offset.
    var rejects: [(object: Int, offset: Int64, reject: LoadReject)] = []
}

/// Makes row groups of a piece of a load. One thread.
struct RawPieceLoader {
    private let plan: RawLoadPlan
    private let judge: LineRules.Judge
    private var result = LoadedRawPiece()

    static func load(_ piece: LoadText.Piece, _ plan: RawLoadPlan) throws -> LoadedRawPiece {
        var loader = RawPieceLoader(plan)
        try loader.load(piece)
        return loader.result
    }

    private init(_ plan: RawLoadPlan) {
        self.plan = plan
        judge = plan.rules.makeJudge()
    }

    private mutating func load(_ piece: LoadText.Piece) throws {
        var options = NDJSONShredder.Options()
        options.rejectionsKeptMax = .max
        let shredder = NDJSONShredder(options)
        shredder.restart(line: piece.firstLine, byteOffset: piece.bytes.lowerBound)
        try plan.text.bytes.withUnsafeBytes { bytes in
            var position = piece.bytes.lowerBound
            while position < piece.bytes.upperBound {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[position..<piece.bytes.upperBound])
                let taken = shredder.append(rest)
                try take(shredder.finish(), UnsafeRawBufferPointer(rebasing: rest[..<taken]), at: position)
                position += taken
            }
        }
    }

    private mutating func take(_ lines: ShreddedLines, _ bytes: UnsafeRawBufferPointer, at position: Int)
        throws
    {
        var variant = lines.variant
        var numbers = lines.lineIndexes
        let dropped = judged(lines, bytes, at: position)
        if !dropped.isEmpty {
            let drop = Set(dropped)
            let kept = (0..<variant.count).filter { !drop.contains($0) }.map(UInt32.init)
            numbers = lineNumbers(lines).gathered(kept)
            variant = ShreddedVariant(
                columns: variant.columns.map { .init(path: $0.path, vector: $0.vector.gathered(kept)) },
                residue: variant.residue?.gathered(kept), count: kept.count)
        }
        guard variant.count > 0 else { return }
        let rows = RawRows(plan, variant, lines: numbers ?? lineNumbers(lines))
        result.groups.append(try plan.encoder.encode(rows.values(), rows: variant.count))
    }

    private func lineNumbers(_ lines: ShreddedLines) -> Vector {
        if let numbers = lines.lineIndexes { return numbers }
        let numbers = Vector.allocate(.integer, layout: .int64, count: lines.variant.count)
        let values = numbers.int64s
        for row in 0..<lines.variant.count { values[row] = Int64(lines.firstLine &+ row) }
        return numbers
    }

    // MARK: Lines that are not plainly right

    private struct Case {
        var line: Int
        /// The row, where the line has become one.
        var row: Int?
        /// Why it is no JSON.
        var error: JSONError?

        /// What is said of a line that is no JSON though the judge has nothing against it.
        var rejection: LineRejection? {
            error.map {
                LineRejection("malformed JSON: \($0.reason)", column: $0.reason == .empty ? nil : $0.column)
            }
        }
    }

    /// Shows the judge what is not plainly right, and keeps the rejects; the rows that must go.
    private mutating func judged(_ lines: ShreddedLines, _ bytes: UnsafeRawBufferPointer, at position: Int)
        -> [Int]
    {
        var cases = RuleCheck.suspects(lines.variant, plan.rules).map { row in
            Case(line: lines.lineIndexes.map { Int($0.int64s[row]) } ?? lines.firstLine + row, row: row)
        }
        cases += lines.rejections.map { Case(line: $0.line, error: $0.error) }
        if lines.blankCount > 0 { cases += blankLines(lines) }
        guard !cases.isEmpty else { return [] }
        var dropped: [Int] = []
        var line = lines.firstLine
        var start = 0
        for found in cases.sorted(by: { $0.line < $1.line }) {
            while line < found.line {
                start = bytes.end(ofLineAt: start) + 1
                line += 1
            }
            let content = UnsafeRawBufferPointer(rebasing: bytes[start..<bytes.end(ofLineAt: start)])
            guard let rejection = judge(content) ?? found.rejection else { continue }
            reject(content, rejection, line: line, at: position + start)
            if let row = found.row { dropped.append(row) }
        }
        return dropped
    }

    /// Lines that are neither rows nor rejected.
    private func blankLines(_ lines: ShreddedLines) -> [Case] {
        var rest = Set(lines.firstLine..<lines.firstLine + lines.lineCount)
        let numbers = lineNumbers(lines)
        for row in 0..<lines.variant.count { rest.remove(Int(numbers.int64s[row])) }
        for rejection in lines.rejections { rest.remove(rejection.line) }
        return rest.map { Case(line: $0, error: JSONError(.empty, column: 1)) }
    }

    private mutating func reject(
        _ content: UnsafeRawBufferPointer, _ rejection: LineRejection, line: Int, at position: Int
    ) {
        let part = plan.text.parts[plan.text.part(of: line)]
        let number = line - part.firstLine
        result.rejects.append(
            (
                part.object, part.firstOffset + Int64(number),
                LoadReject(
                    source: plan.sources[part.object].url, line: Int64(part.skippedLines + number + 1),
                    column: rejection.column.map(Int64.init), reason: rejection.reason,
                    content: Array(content),
                    byteOffset: Int64(position + part.byteShift), byteCount: Int64(content.count),
                    contentHash: Int64(bitPattern: XXH64.hash(content)))
            ))
    }
}

extension Vector {
    /// The rows of these numbers.
    fileprivate func gathered(_ rows: [UInt32]) -> Vector {
        rows.withUnsafeBufferPointer { rows in
            rows.baseAddress.map { gather($0, count: rows.count) } ?? slice(from: 0, count: 0)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Where the line ends that begins at `start`.
    fileprivate func end(ofLineAt start: Int) -> Int {
        var position = start
        while position < count, self[position] != 0x0A { position += 1 }
        return position
    }
}
