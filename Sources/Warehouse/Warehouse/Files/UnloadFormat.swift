import SQLEngine
import Vectors

/// Writes rows as the bytes of a file.
protocol RowWriter: AnyObject {
    /// The beginning of each file.
    func begin(into output: PieceBuffer) throws
    /// One row of a batch that `take` was given.
    func write(row: Int, into output: PieceBuffer) throws
    /// Makes the texts of a batch.
    func take(_ batch: Batch, _ context: EvaluationContext) throws
}

/// Rows as CSV. What it writes, loading with the same format reads again.
final class CSVRowWriter: RowWriter {
    private let format: FileFormat
    private let names: [String]
    private let hasHeader: Bool
    private let types: [SQLType]
    private let null: [UInt8]
    private var texts: [Vector] = []

    init(_ format: FileFormat, names: [String], types: [SQLType], hasHeader: Bool) {
        self.format = format
        self.names = names
        self.types = types
        self.hasHeader = hasHeader
        null = format.nullIf.first ?? []
    }

    func begin(into output: PieceBuffer) throws {
        guard hasHeader else { return }
        for (index, name) in names.enumerated() {
            if index > 0 { append(format.fieldDelimiter, output) }
            try Array(name.utf8).withUnsafeBufferPointer { try appendText($0, output) }
        }
        append(format.recordDelimiter, output)
    }

    func take(_ batch: Batch, _ context: EvaluationContext) throws {
        texts = try zip(batch.columns, types).map { vector, type in
            if type.isSemiStructured { return vector.asPlainJSONText() }
            if type == .binary, format.binary == .utf8 { return vector }
            let pattern =
                type == .date
                ? format.dateFormat
                : type == .time ? format.timeFormat : type.isTimestamp ? format.timestampFormat : nil
            if let pattern, vector.layout == .int64 {
                let texts = (0..<vector.count).map {
                    vector.isValid($0) ? pattern.format(vector.int64s[$0], type, context) : ""
                }
                let codes = Vector.allocate(
                    .varchar, count: vector.count, dictionary: StringDictionary(texts))
                for row in 0..<vector.count { codes.codes[row] = UInt32(row) }
                return codes.with(validity: .some(vector.validity), alsoKeeping: vector)
            }
            return try Casts.bind(from: type, to: .varchar, isTry: false)(vector, context)
        }
    }

    func write(row: Int, into output: PieceBuffer) throws {
        for (index, vector) in texts.enumerated() {
            if index > 0 { append(format.fieldDelimiter, output) }
            guard vector.isValid(row) else {
                append(null, output)
                continue
            }
            let text = vector.bytes(row)
            if types[index] == .varchar || types[index] == .binary || types[index].isSemiStructured {
                try appendText(text, output)
            } else {
                try appendPlain(text, output)
            }
        }
        append(format.recordDelimiter, output)
    }

    private func append(_ bytes: [UInt8], _ output: PieceBuffer) {
        bytes.withUnsafeBufferPointer { output.append($0) }
    }

    /// Text: with quotes around it where the format has them.
    private func appendText(_ text: UnsafeBufferPointer<UInt8>, _ output: PieceBuffer) throws {
        guard let quote = format.enclosure else { return try appendPlain(text, output) }
        output.append(quote)
        for byte in text {
            if byte == quote { output.append(quote) } else if byte == format.escape { output.append(byte) }
            output.append(byte)
        }
        output.append(quote)
    }

    /// Without quotes: what means something else has an escape before it.
    private func appendPlain(_ text: UnsafeBufferPointer<UInt8>, _ output: PieceBuffer) throws {
        let (field, record) = (format.fieldDelimiter[0], format.recordDelimiter[0])
        for byte in text {
            if byte == format.unenclosedEscape || byte == 0x0A || byte == 0x0D || byte == field
                || byte == record
            {
                guard let escape = format.unenclosedEscape else {
                    throw SQLError(
                        .data,
                        "'\(FieldSink.shown(text))' has a delimiter or line end in it: "
                            + "FIELD_OPTIONALLY_ENCLOSED_BY or ESCAPE_UNENCLOSED_FIELD is needed")
                }
                output.append(escape)
            }
            output.append(byte)
        }
    }
}

/// Rows of one VARIANT as JSON, one to a line.
final class JSONRowWriter: RowWriter {
    private var text = Vector.nulls(.variant, count: 0)

    func begin(into output: PieceBuffer) {}

    func take(_ batch: Batch, _ context: EvaluationContext) { text = batch.columns[0].asPlainJSONText() }

    func write(row: Int, into output: PieceBuffer) {
        if text.isValid(row) {
            output.append(text.bytes(row))
        } else {
            "null".utf8.forEach { output.append($0) }
        }
        output.append(0x0A)
    }
}
