import SQLEngine
import JSON
import Vectors

/// Takes the texts of one column, row by row, and makes a vector of them. A row may be written again;
/// what is behind the last row that `finish` is told of does not count. One thread.
class FieldSink {
    typealias Text = UnsafeBufferPointer<UInt8>

    let type: SQLType
    let capacity: Int
    private let validity: VectorMemory
    private var hasNulls = false

    init(_ type: SQLType, capacity: Int) {
        self.type = type
        self.capacity = capacity
        validity = VectorMemory(byteCount: capacity)
    }

    /// Stores the value of a row.
    ///
    /// - Returns: what is wrong with the text.
    func store(_ text: Text, row: Int) -> String? { nil }

    /// The values, without regard to NULL.
    func values(count: Int, validity: UnsafeMutablePointer<UInt8>?) -> Vector {
        Vector.nulls(type, count: count)
    }

    @inline(__always)
    final func put(_ text: Text, row: Int) -> String? {
        validity.pointer.storeBytes(of: 1, toByteOffset: row, as: UInt8.self)
        return store(text, row: row)
    }

    @inline(__always)
    final func putNull(row: Int) {
        hasNulls = true
        validity.pointer.storeBytes(of: 0, toByteOffset: row, as: UInt8.self)
        clear(row: row)
    }

    /// Makes a row's value one that can be looked at.
    func clear(row: Int) {}

    /// The vector of the first rows. The sink must not be used after.
    final func finish(count: Int) -> Vector {
        let bytes = validity.pointer.assumingMemoryBound(to: UInt8.self)
        let isNeeded = hasNulls && (0..<count).contains { bytes[$0] == 0 }
        return values(count: count, validity: isNeeded ? bytes : nil).with(alsoKeeping: validity)
    }

    /// The sink for values of a type.
    ///
    /// - Parameters:
    ///   - lengthMax: of VARCHAR(n) and BINARY(n).
    ///   - truncates: whether longer values are cut; otherwise they are wrong.
    static func make(
        _ type: SQLType, lengthMax: Int?, truncates: Bool, _ format: FileFormat, _ context: EvaluationContext,
        capacity: Int
    ) -> FieldSink {
        switch type {
        case .number(let precision, let scale): NumberSink(type, precision, scale, capacity)
        case .float: FloatSink(type, capacity: capacity)
        case .boolean: BooleanSink(type, capacity: capacity)
        case .date: TimeSink(type, format.dateFormat, context, capacity)
        case .time: TimeSink(type, format.timeFormat, context, capacity)
        case .timestampNTZ, .timestampLTZ, .timestampTZ:
            TimeSink(type, format.timestampFormat, context, capacity)
        case .binary: BinarySink(type, lengthMax, truncates, format.binary, capacity)
        case .variant, .object, .array: JSONSink(type, format, capacity)
        case .varchar, .null: TextSink(.varchar, lengthMax, truncates, capacity)
        }
    }

    /// The beginning of a text, for messages.
    static func shown(_ text: Text) -> String {
        text.count <= 100
            ? String(decoding: text, as: UTF8.self) : String(decoding: text.prefix(100), as: UTF8.self) + "…"
    }
}

/// NUMBER: 64 bits until a value does not fit them.
private final class NumberSink: FieldSink {
    private let precision: Int
    private let scale: Int
    private var memory: VectorMemory
    private var isWide = false

    init(_ type: SQLType, _ precision: Int, _ scale: Int, _ capacity: Int) {
        self.precision = precision
        self.scale = scale
        memory = VectorMemory(byteCount: capacity * 8)
        super.init(type, capacity: capacity)
    }

    override func store(_ text: Text, row: Int) -> String? {
        guard let value = TextParsing.number(text, precision: precision, scale: scale) else {
            clear(row: row)
            let isNumber = TextParsing.float(text).map { $0.isFinite } ?? false
            return isNumber
                ? "number '\(Self.shown(text))' is out of range for \(type)"
                : "Numeric value '\(Self.shown(text))' is not recognized"
        }
        if isWide {
            memory.pointer.storeBytes(of: value, toByteOffset: row * 16, as: Int128.self)
        } else if let small = Int64(exactly: value) {
            memory.pointer.storeBytes(of: small, toByteOffset: row * 8, as: Int64.self)
        } else {
            widen(rows: row)
            memory.pointer.storeBytes(of: value, toByteOffset: row * 16, as: Int128.self)
        }
        return nil
    }

    private func widen(rows: Int) {
        let wide = VectorMemory(byteCount: capacity * 16)
        for row in 0..<rows {
            let value = Int128(memory.pointer.load(fromByteOffset: row * 8, as: Int64.self))
            wide.pointer.storeBytes(of: value, toByteOffset: row * 16, as: Int128.self)
        }
        memory = wide
        isWide = true
    }

    override func clear(row: Int) {
        if isWide {
            memory.pointer.storeBytes(of: 0, toByteOffset: row * 16, as: Int128.self)
        } else {
            memory.pointer.storeBytes(of: 0, toByteOffset: row * 8, as: Int64.self)
        }
    }

    override func values(count: Int, validity: UnsafeMutablePointer<UInt8>?) -> Vector {
        Vector(
            type: type, layout: isWide ? .int128 : .int64, count: count, raw: memory.pointer,
            validity: validity, owner: memory)
    }
}

/// FLOAT, BOOLEAN, and DATE, TIME and timestamps: values of one size.
private class PlainSink: FieldSink {
    let memory: VectorMemory
    private let layout: Layout

    init(_ type: SQLType, layout: Layout, capacity: Int) {
        self.layout = layout
        memory = VectorMemory(byteCount: capacity * layout.stride)
        super.init(type, capacity: capacity)
    }

    override func values(count: Int, validity: UnsafeMutablePointer<UInt8>?) -> Vector {
        Vector(
            type: type, layout: layout, count: count, raw: memory.pointer, validity: validity, owner: memory)
    }

    override func clear(row: Int) {
        memory.pointer.advanced(by: row * layout.stride).initializeMemory(
            as: UInt8.self, repeating: 0, count: layout.stride)
    }
}

private final class FloatSink: PlainSink {
    init(_ type: SQLType, capacity: Int) { super.init(type, layout: .double, capacity: capacity) }

    override func store(_ text: Text, row: Int) -> String? {
        guard let value = TextParsing.float(text) else {
            clear(row: row)
            return "Numeric value '\(Self.shown(text))' is not recognized"
        }
        memory.pointer.storeBytes(of: value, toByteOffset: row * 8, as: Double.self)
        return nil
    }
}

private final class BooleanSink: PlainSink {
    init(_ type: SQLType, capacity: Int) { super.init(type, layout: .bool, capacity: capacity) }

    override func store(_ text: Text, row: Int) -> String? {
        guard let value = TextParsing.boolean(text) else {
            clear(row: row)
            return "Boolean value '\(Self.shown(text))' is not recognized"
        }
        memory.pointer.storeBytes(of: value ? 1 : 0, toByteOffset: row, as: UInt8.self)
        return nil
    }
}

private final class TimeSink: PlainSink {
    private let format: DateFormat?
    private let context: EvaluationContext

    init(_ type: SQLType, _ format: DateFormat?, _ context: EvaluationContext, _ capacity: Int) {
        // AUTO is a format that can always be read.
        self.format = format ?? (try? DateFormat.compile("AUTO"))
        self.context = context
        super.init(type, layout: .int64, capacity: capacity)
    }

    override func store(_ text: Text, row: Int) -> String? {
        guard let value = format?.parse(text, type, context) else {
            clear(row: row)
            let noun = type == .date ? "Date" : type == .time ? "Time" : "Timestamp"
            return "\(noun) '\(Self.shown(text))' is not recognized"
        }
        memory.pointer.storeBytes(of: value, toByteOffset: row * 8, as: Int64.self)
        return nil
    }
}

/// Strings by the codes of an interner.
private class CodeSink: FieldSink {
    let interner = StringInterner()
    private let memory: VectorMemory
    let lengthMax: Int?
    let truncates: Bool

    init(_ type: SQLType, _ lengthMax: Int?, _ truncates: Bool, capacity: Int) {
        self.lengthMax = lengthMax
        self.truncates = truncates
        memory = VectorMemory(byteCount: capacity * 4)
        super.init(type, capacity: capacity)
    }

    @inline(__always)
    final func intern(_ text: Text, row: Int) {
        memory.pointer.storeBytes(of: interner.code(of: text), toByteOffset: row * 4, as: UInt32.self)
    }

    override func clear(row: Int) { intern(Text(start: nil, count: 0), row: row) }

    override func values(count: Int, validity: UnsafeMutablePointer<UInt8>?) -> Vector {
        if interner.count == 0 { clear(row: 0) }
        return Vector(
            type: type, layout: .string, count: count, raw: memory.pointer, validity: validity,
            dictionary: interner.dictionary(),
            isJSON: type.isSemiStructured, owner: memory)
    }
}

private final class TextSink: CodeSink {
    init(_ type: SQLType, _ lengthMax: Int?, _ truncates: Bool, _ capacity: Int) {
        super.init(type, lengthMax, truncates, capacity: capacity)
    }

    override func store(_ text: Text, row: Int) -> String? {
        // No character has less than a byte, so most need not be counted.
        guard let lengthMax, text.count > lengthMax else {
            intern(text, row: row)
            return nil
        }
        var characters = 0
        for place in 0..<text.count where text[place] & 0xC0 != 0x80 {
            guard characters == lengthMax else {
                characters += 1
                continue
            }
            guard truncates else {
                clear(row: row)
                return "'\(Self.shown(text))' is longer than \(lengthMax) characters"
            }
            intern(Text(rebasing: text[..<place]), row: row)
            return nil
        }
        intern(text, row: row)
        return nil
    }
}

private final class BinarySink: CodeSink {
    private let format: FileFormat.Binary

    init(_ type: SQLType, _ lengthMax: Int?, _ truncates: Bool, _ format: FileFormat.Binary, _ capacity: Int)
    {
        self.format = format
        super.init(type, lengthMax, truncates, capacity: capacity)
    }

    override func store(_ text: Text, row: Int) -> String? {
        var bytes: [UInt8]
        switch format {
        case .utf8: bytes = Array(text)
        case .hexadecimal:
            guard let decoded = TextParsing.hexadecimal(text) else {
                clear(row: row)
                return "'\(Self.shown(text))' is no hexadecimal text"
            }
            bytes = decoded
        }
        if let lengthMax, bytes.count > lengthMax {
            guard truncates else {
                clear(row: row)
                return "\(bytes.count) bytes are more than the \(lengthMax) that the column holds"
            }
            bytes.removeLast(bytes.count - lengthMax)
        }
        bytes.withUnsafeBufferPointer { intern($0, row: row) }
        return nil
    }
}

/// VARIANT, OBJECT and ARRAY: text is JSON.
private final class JSONSink: CodeSink {
    private let tape = JSONTape()
    private var writer = JSONWriter()
    private let duplicates: JSONTape.Duplicates

    init(_ type: SQLType, _ format: FileFormat, _ capacity: Int) {
        duplicates = format.allowsDuplicates ? .lastWins : .reject
        super.init(type, nil, false, capacity: capacity)
    }

    override func store(_ text: Text, row: Int) -> String? {
        do throws(JSONError) {
            try tape.parse(text, duplicates: duplicates)
        } catch {
            clear(row: row)
            return "Error parsing JSON: \(error.reason) at byte \(error.column) of '\(Self.shown(text))'"
        }
        let kind = tape.kind(of: 0)
        if (type == .object && kind != .object) || (type == .array && kind != .array) {
            clear(row: row)
            return "'\(Self.shown(text))' is no \(type)"
        }
        writer.count = 0
        tape.appendCanonical(0, to: &writer)
        intern(writer.bytes, row: row)
        return nil
    }

    override func clear(row: Int) {
        let null: StaticString = "null"
        intern(Text(start: null.utf8Start, count: null.utf8CodeUnitCount), row: row)
    }
}
