import JSON
import Vectors

/// Turns key columns into fields of 64-bit values that are equal where the keys are, whatever the columns'
/// layouts. One thread.
///
/// A NUMBER column has one field as long as its values fit 64 bits, and then two. Strings become numbers of
/// `KeyStrings`. A TIMESTAMP_TZ becomes its instant, a semi-structured value its JSON text.
final class KeyReader {
    let types: [SQLType]
    private let inserts: Bool
    /// Whether a column has two fields: the low 64 bits and the high ones.
    private(set) var isWide: [Bool]
    /// The strings of a column that has any.
    let strings: [KeyStrings?]
    private let codes: [KeyStringCodes?]
    private var scratch: [VectorMemory] = []
    /// The fields, after `read`.
    private(set) var parts: [KeyPart] = []

    /// The most rows that are read at once.
    static let rowsMax = 8192

    /// A reader that adds strings as it finds them.
    init(_ types: [SQLType]) {
        self.types = types
        inserts = true
        isWide = types.map { _ in false }
        strings = types.map { $0.layout == .string ? KeyStrings() : nil }
        codes = strings.map { $0.map { KeyStringCodes($0, inserts: true) } }
    }

    /// A reader for keys to be found among those that another one has read.
    init(finding other: KeyReader) {
        types = other.types
        inserts = false
        isWide = other.isWide
        strings = other.strings
        codes = strings.map { $0.map { KeyStringCodes($0, inserts: false) } }
    }

    var byteCount: Int {
        strings.reduce(0) { $0 + ($1?.byteCount ?? 0) } + codes.reduce(0) { $0 + ($1?.byteCount ?? 0) }
    }

    var fieldCount: Int { types.count + isWide.count { $0 } }

    /// Whether the fields may get values outside of their range until now.
    var growing: [Bool] {
        zip(types, isWide).flatMap { type, isWide in isWide ? [true, true] : [type.layout != .bool] }
    }

    /// The first field of a column.
    func firstField(of column: Int) -> Int { column + isWide[..<column].count { $0 } }

    func widen(_ column: Int) { isWide[column] = true }

    /// Reads rows of the columns, at most `rowsMax`, into `parts`.
    ///
    /// - Parameter absent: gets 1 for rows whose value is known to be no key; only of a reader that finds.
    /// - Returns: a column that must be widened first, if there is one; of a reader that adds.
    func read(_ columns: [Vector], from start: Int, count: Int, absent: UnsafeMutablePointer<UInt8>?) throws
        -> Int?
    {
        parts.removeAll(keepingCapacity: true)
        while scratch.count < fieldCount { scratch.append(VectorMemory(byteCount: Self.rowsMax * 8)) }
        for (column, vector) in columns.enumerated() {
            let target = scratch[parts.count].pointer.assumingMemoryBound(to: Int64.self)
            let validity = vector.validity.map { UnsafePointer($0 + start) }
            if types[column].isNumber, vector.layout == .int64 || vector.layout == .int128 {
                guard vector.scale == types[column].scale else {
                    throw SQLError(.invalid, "the columns of a key differ in scale")
                }
                if isWide[column] {
                    readWide(vector, start, count, validity)
                    continue
                }
                if vector.layout == .int128 {
                    if !narrow(vector, start, count, validity, into: target, absent), inserts {
                        return column
                    }
                    parts.append(KeyPart(values: target, validity: validity))
                    continue
                }
            }
            let values = try read(vector, types[column], column, start, count, into: target)
            parts.append(KeyPart(values: values, validity: validity))
            // Only a column of nothing but NULLs has neither of the layouts of numbers.
            if isWide[column] { parts.append(KeyPart(values: values, validity: validity)) }
        }
        return nil
    }

    private func read(
        _ vector: Vector, _ type: SQLType, _ column: Int, _ start: Int, _ count: Int,
        into target: UnsafeMutablePointer<Int64>
    ) throws -> UnsafePointer<Int64> {
        if type.isSemiStructured, let codes = codes[column] {
            try codes.translate(
                vector.slice(from: start, count: count).asJSONText(), from: 0, count: count, into: target)
            return UnsafePointer(target)
        }
        switch vector.layout {
        case .bool:
            for row in 0..<count { target[row] = vector.bools[start + row] == 0 ? 0 : 1 }
        case .int64 where type == .float:
            let power = decimalPower(vector.scale)
            for row in 0..<count { target[row] = KeyValue.bits(Double(vector.int64s[start + row]) / power) }
        case .int64 where type == .timestampTZ:
            for row in 0..<count { target[row] = TimestampTZ.utcMicroseconds(vector.int64s[start + row]) }
        case .int64:
            return UnsafePointer(vector.int64s + start)
        case .int128:
            let power = decimalPower(vector.scale)
            for row in 0..<count { target[row] = KeyValue.bits(Double(vector.int128s[start + row]) / power) }
        case .double:
            for row in 0..<count { target[row] = KeyValue.bits(vector.doubles[start + row]) }
        case .string:
            guard let codes = codes[column] else {
                throw SQLError(.invalid, "the columns of a key differ in type")
            }
            try codes.translate(vector, from: start, count: count, into: target)
        }
        return UnsafePointer(target)
    }

    /// Values of 128 bits as such of 64, where they all fit.
    private func narrow(
        _ vector: Vector, _ start: Int, _ count: Int, _ validity: UnsafePointer<UInt8>?,
        into target: UnsafeMutablePointer<Int64>, _ absent: UnsafeMutablePointer<UInt8>?
    ) -> Bool {
        var fits = true
        for row in 0..<count {
            let value = vector.int128s[start + row]
            target[row] = Int64(truncatingIfNeeded: value)
            if Int128(target[row]) != value, validity.map({ $0[row] != 0 }) ?? true {
                fits = false
                absent?[row] = 1
            }
        }
        return fits
    }

    private func readWide(_ vector: Vector, _ start: Int, _ count: Int, _ validity: UnsafePointer<UInt8>?) {
        let low = scratch[parts.count].pointer.assumingMemoryBound(to: Int64.self)
        let high = scratch[parts.count + 1].pointer.assumingMemoryBound(to: Int64.self)
        if vector.layout == .int64 {
            for row in 0..<count {
                low[row] = vector.int64s[start + row]
                high[row] = low[row] >> 63
            }
        } else {
            for row in 0..<count {
                let value = vector.int128s[start + row]
                low[row] = Int64(truncatingIfNeeded: value)
                high[row] = Int64(truncatingIfNeeded: value >> 64)
            }
        }
        parts.append(KeyPart(values: low, validity: validity))
        parts.append(KeyPart(values: high, validity: validity))
    }
}

/// Values as keys.
enum KeyValue {
    private static let notANumber = Int64(bitPattern: Double.nan.bitPattern)

    /// The bits of a double; one pattern for both zeros, and one for all that are not numbers.
    @inline(__always)
    static func bits(_ value: Double) -> Int64 {
        value == value ? Int64(bitPattern: (value == 0 ? 0 : value).bitPattern) : notANumber
    }
}
