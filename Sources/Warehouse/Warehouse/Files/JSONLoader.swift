import ColumnStore
import SQLEngine
import Vectors

/// Reads JSON pieces into one VARIANT column, taken apart as it is read. One thread.
final class JSONVariantLoader: CopyWorker {
    private let target: CopyTarget
    private let reader: JSONReader

    init(_ target: CopyTarget) {
        self.target = target
        reader = JSONReader(target.format)
    }

    func load(_ piece: Piece) throws -> CopiedPiece {
        let rows = reader.read(piece)
        let values = [target.given[0]: ColumnValues.shredded(ShreddedColumn(rows.variant))]
        return try target.finished(piece, values, count: rows.count, rows.tallies())
    }
}

/// Reads JSON pieces into the columns that bear the names of the outermost keys, or as a whole into an
/// OBJECT or ARRAY. One thread.
final class JSONMembersLoader: CopyWorker {
    private let target: CopyTarget
    private let reader: JSONReader
    private let casts: [Casts.Cast]

    init(_ target: CopyTarget) throws {
        self.target = target
        reader = JSONReader(target.format)
        casts = try target.given.map {
            try Casts.bind(from: .variant, to: target.columns[$0].type, isTry: true)
        }
    }

    func load(_ piece: Piece) throws -> CopiedPiece {
        let rows = reader.read(piece)
        var text: Vector?
        let wholeText = { () throws -> Vector in
            if let text { return text }
            let made = try rows.text()
            text = made
            return made
        }
        let keys = target.matching == nil ? [] : rows.topKeys()
        var problems: [Int: (column: Int, message: String)] = [:]
        var values: [Int: Vector] = [:]
        for (index, column) in target.given.enumerated() {
            let names = keys.filter { target.matches($0, column) }
            if target.matching != nil, names.isEmpty,
                target.hasDefault(column)
            {
                continue
            }
            let source =
                try target.matching == nil
                ? wholeText() : self.source(names, column, rows, &problems, wholeText)
            values[column] = try converted(source, index, column, &problems)
        }
        var kept: [UInt32] = []
        var errors: [Int: CopyError] = [:]
        if !problems.isEmpty { kept = (0..<rows.count).filter { problems[$0] == nil }.map(UInt32.init) }
        for (row, problem) in problems {
            let record = rows.record(of: row)
            errors[record] = rows.error(
                problem.message, record: record, range: rows.text(ofRecord: record), character: 1,
                column: target.columnText(problem.column))
        }
        let count = problems.isEmpty ? rows.count : kept.count
        let columns = values.mapValues { vector -> ColumnValues in
            guard !problems.isEmpty else { return .plain(vector) }
            return .plain(
                kept.withUnsafeBufferPointer { rows in
                    rows.baseAddress.map { vector.gather($0, count: count) }
                        ?? vector.slice(from: 0, count: 0)
                })
        }
        return try target.finished(piece, columns, count: count, rows.tallies(errors))
    }

    /// The values of the keys that match a column's name, of which a row may have one.
    private func source(
        _ names: [String], _ column: Int, _ rows: JSONRows,
        _ problems: inout [Int: (column: Int, message: String)],
        _ text: () throws -> Vector
    ) throws -> Vector {
        guard
            let first = names.first(where: { $0.utf8.elementsEqual(target.columns[column].name.utf8) })
                ?? names.first
        else {
            return Vector.nulls(.variant, count: rows.count)
        }
        let vector = try rows.values(at: [first], text)
        let others = names.filter { !$0.utf8.elementsEqual(first.utf8) }
        guard !others.isEmpty else { return vector }
        // Rows differ in how they write the key.
        let choices = try [vector.asJSONText()] + others.map { try rows.values(at: [$0], text).asJSONText() }
        let collector = VectorCollector(.variant, capacity: rows.count)
        for row in 0..<rows.count {
            let present = choices.filter { $0.isValid(row) }
            if present.count > 1, problems[row] == nil {
                problems[row] = (
                    column, "several keys match the column: MATCH_BY_COLUMN_NAME = CASE_SENSITIVE parts them"
                )
            }
            let choice = present.first ?? choices[0]
            collector.append(choice.slice(from: row, count: 1))
        }
        return collector.finish()
    }

    // MARK: Conversion

    private func converted(
        _ source: Vector, _ index: Int, _ column: Int, _ problems: inout [Int: (column: Int, message: String)]
    ) throws -> Vector {
        let definition = target.columns[column]
        let result: Vector
        if definition.type == .variant {
            result = source
        } else if isReadAsText(definition.type) {
            result = try viaText(source, column, &problems)
        } else {
            result = try casts[index](source, target.context)
            if let validity = result.validity {
                for row in 0..<source.count
                where validity[row] == 0 && source.isValid(row) && problems[row] == nil
                    && !Self.isNull(source, row)
                {
                    let shown = source.variantText(at: row)
                    problems[row] = (
                        column, "Failed to cast variant value \(shown.prefix(100)) to \(definition.type)"
                    )
                }
            }
        }
        return checked(result, column, &problems)
    }

    private static func isNull(_ source: Vector, _ row: Int) -> Bool {
        if let validity = source.validity, validity[row] == Vector.jsonNull { return true }
        guard source.layout == .string, source.isJSON else { return false }
        return source.bytes(row).elementsEqual("null".utf8)
    }

    /// Whether the format says how texts of a type are written.
    private func isReadAsText(_ type: SQLType) -> Bool {
        let format = target.format
        if type.isSemiStructured { return false }
        if !format.nullIf.isEmpty || (format.trimsSpace && type == .varchar) { return true }
        switch type {
        case .date: return format.dateFormat != nil
        case .time: return format.timeFormat != nil
        case .binary: return format.binary != .hexadecimal
        default: return type.isTimestamp && format.timestampFormat != nil
        }
    }

    private func viaText(
        _ source: Vector, _ column: Int, _ problems: inout [Int: (column: Int, message: String)]
    ) throws -> Vector {
        let format = target.format
        let text = try Casts.bind(from: .variant, to: .varchar, isTry: false)(source, target.context)
        let sink = FieldSink.make(
            target.columns[column].type, lengthMax: nil, truncates: false, format, target.context,
            capacity: max(1, text.count))
        for row in 0..<text.count {
            guard text.isValid(row) else {
                sink.putNull(row: row)
                continue
            }
            var bytes = text.bytes(row)
            if format.trimsSpace { bytes = TextParsing.trimmed(bytes) }
            if format.isNull(bytes) {
                sink.putNull(row: row)
            } else if let message = sink.put(bytes, row: row), problems[row] == nil {
                problems[row] = (column, message)
            }
        }
        return sink.finish(count: text.count)
    }

    /// Checks NOT NULL and the lengths of VARCHAR(n) and BINARY(n).
    private func checked(
        _ vector: Vector, _ column: Int, _ problems: inout [Int: (column: Int, message: String)]
    ) -> Vector {
        let definition = target.columns[column]
        if !definition.isNullable, definition.identity == nil, let validity = vector.validity {
            for row in 0..<vector.count where validity[row] == 0 && problems[row] == nil {
                problems[row] = (column, "NULL result in a non-nullable column")
            }
        }
        guard let lengthMax = definition.valueLengthMax, vector.layout == .string,
            vector.dictionary?.byteCount ?? 0 > lengthMax
        else { return vector }
        let isLong = (0..<vector.count).contains { vector.isValid($0) && vector.bytes($0).count > lengthMax }
        guard isLong else { return vector }
        // Texts stay as they are; bytes are taken as such.
        var format = target.format
        format.binary = .utf8
        let sink = FieldSink.make(
            definition.type, lengthMax: lengthMax, truncates: target.truncates, format, target.context,
            capacity: max(1, vector.count))
        for row in 0..<vector.count {
            guard vector.isValid(row) else {
                sink.putNull(row: row)
                continue
            }
            if let message = sink.put(vector.bytes(row), row: row), problems[row] == nil {
                problems[row] = (column, message)
            }
        }
        return sink.finish(count: vector.count)
    }
}
