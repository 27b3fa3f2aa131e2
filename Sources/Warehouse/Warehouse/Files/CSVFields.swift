import Vectors

/// Cuts one record of a CSV file into fields. One thread; memory is kept from record to record.
final class CSVFields {
    typealias Bytes = UnsafePointer<UInt8>

    /// What is wrong with a record, and at which byte of the buffer.
    struct Failure {
        var message: String
        var place: Int
        var field: Int
    }

    private struct Field {
        var start: Bytes
        var count: Int
        /// In the decoded bytes instead of the record.
        var decodedStart: Int
        var place: Int
        var isEnclosed: Bool
        var isEscapedNull: Bool
    }

    private let format: FileFormat
    private let delimiter: UInt8
    private let delimiterCount: Int
    private var fields: UnsafeMutablePointer<Field>
    private var capacity = 64
    private let decoded = DecodedBytes()
    private var nothing: Bytes
    /// How many fields the record has.
    private(set) var count = 0

    private final class DecodedBytes {
        var pointer = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        var capacity = 256
        var count = 0

        deinit { pointer.deallocate() }

        func append(_ byte: UInt8) {
            if count == capacity {
                let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
                larger.update(from: pointer, count: count)
                pointer.deallocate()
                pointer = larger
                capacity *= 2
            }
            pointer[count] = byte
            count += 1
        }
    }

    init(_ format: FileFormat) {
        self.format = format
        delimiter = format.fieldDelimiter[0]
        delimiterCount = format.fieldDelimiter.count
        fields = .allocate(capacity: capacity)
        nothing = Bytes(UnsafeMutablePointer<UInt8>.allocate(capacity: 1))
    }

    deinit {
        fields.deallocate()
        UnsafeMutablePointer(mutating: nothing).deallocate()
    }

    /// The text of a field.
    @inline(__always)
    subscript(_ field: Int) -> UnsafeBufferPointer<UInt8> {
        let known = fields[field]
        return UnsafeBufferPointer(
            start: known.decodedStart >= 0 ? Bytes(decoded.pointer) + known.decodedStart : known.start,
            count: known.count)
    }

    /// Whether a field stands for NULL.
    @inline(__always)
    func isNull(_ field: Int) -> Bool {
        let known = fields[field]
        if known.count == 0, !known.isEnclosed, format.emptyIsNull { return true }
        if known.decodedStart >= 0, !known.isEnclosed { return known.isEscapedNull }
        return format.isNull(self[field])
    }

    /// Where a field begins in the buffer.
    func place(of field: Int) -> Int { fields[field].place }

    @inline(__always)
    private func append(_ field: Field) {
        if count == capacity {
            let larger = UnsafeMutablePointer<Field>.allocate(capacity: capacity * 2)
            larger.update(from: fields, count: count)
            fields.deallocate()
            fields = larger
            capacity *= 2
        }
        fields[count] = field
        count += 1
    }

    /// Reads the record `start ..< end`, its delimiter excluded.
    func read(_ bytes: Bytes, from start: Int, to end: Int) -> Failure? {
        count = 0
        decoded.count = 0
        var position = start
        while true {
            if format.trimsSpace { while position < end, Self.isSpace(bytes[position]) { position += 1 } }
            if position < end, bytes[position] == format.enclosure {
                if let failure = enclosed(bytes, &position, end) { return failure }
            } else {
                plain(bytes, &position, end)
            }
            guard position < end else { return nil }
            position += delimiterCount
            // A delimiter at the very end is followed by an empty field.
        }
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    @inline(__always)
    private func isDelimiter(_ bytes: Bytes, _ position: Int, _ end: Int) -> Bool {
        guard bytes[position] == delimiter else { return false }
        if delimiterCount == 1 { return true }
        guard position + delimiterCount <= end else { return false }
        for index in 1..<delimiterCount where bytes[position + index] != format.fieldDelimiter[index] {
            return false
        }
        return true
    }

    /// A field without quotes around it. Stops at the delimiter or the end; a delimiter that is the last
    /// byte leaves an empty field behind it.
    private func plain(_ bytes: Bytes, _ position: inout Int, _ end: Int) {
        let start = position
        let escape = format.unenclosedEscape
        while position < end, bytes[position] != delimiter || !isDelimiter(bytes, position, end),
            bytes[position] != escape
        { position += 1 }
        if position < end, bytes[position] == escape, !isDelimiter(bytes, position, end) {
            return escaped(bytes, from: start, &position, end)
        }
        var fieldEnd = position
        if format.trimsSpace { while fieldEnd > start, Self.isSpace(bytes[fieldEnd - 1]) { fieldEnd -= 1 } }
        append(
            Field(
                start: bytes + start, count: fieldEnd - start, decodedStart: -1, place: start,
                isEnclosed: false, isEscapedNull: false))
        endWithEmptyField(bytes, &position, end)
    }

    /// A field with escapes in it: what follows an escape is itself.
    private func escaped(_ bytes: Bytes, from start: Int, _ position: inout Int, _ end: Int) {
        let decodedStart = decoded.count
        for index in start..<position { decoded.append(bytes[index]) }
        var kept = decoded.count
        while position < end {
            if bytes[position] == format.unenclosedEscape, position + 1 < end {
                decoded.append(bytes[position + 1])
                position += 2
                kept = decoded.count
                continue
            }
            if isDelimiter(bytes, position, end) { break }
            decoded.append(bytes[position])
            position += 1
        }
        if format.trimsSpace {
            while decoded.count > kept, Self.isSpace(decoded.pointer[decoded.count - 1]) {
                decoded.count -= 1
            }
        }
        // Texts such as \N stand for NULL as they are written.
        var rawEnd = position
        if format.trimsSpace { while rawEnd > start, Self.isSpace(bytes[rawEnd - 1]) { rawEnd -= 1 } }
        let isNull = format.isNull(UnsafeBufferPointer(start: bytes + start, count: rawEnd - start))
        append(
            Field(
                start: nothing, count: decoded.count - decodedStart, decodedStart: decodedStart, place: start,
                isEnclosed: false,
                isEscapedNull: isNull))
        endWithEmptyField(bytes, &position, end)
    }

    private func endWithEmptyField(_ bytes: Bytes, _ position: inout Int, _ end: Int) {
        guard position < end, position + delimiterCount == end else { return }
        append(
            Field(
                start: nothing, count: 0, decodedStart: -1, place: end, isEnclosed: false,
                isEscapedNull: false))
        position = end
    }

    private func enclosed(_ bytes: Bytes, _ position: inout Int, _ end: Int) -> Failure? {
        let quote = bytes[position]
        let place = position
        let start = position + 1
        position = start
        while position < end, bytes[position] != quote, bytes[position] != format.escape { position += 1 }
        var field = Field(
            start: bytes + start, count: position - start, decodedStart: -1, place: place, isEnclosed: true,
            isEscapedNull: false)
        let isPlain =
            position < end && bytes[position] == quote
            && (position + 1 == end || bytes[position + 1] != quote)
        if !isPlain {
            field.decodedStart = decoded.count
            for index in start..<position { decoded.append(bytes[index]) }
            while position < end {
                let byte = bytes[position]
                if byte == quote {
                    guard position + 1 < end, bytes[position + 1] == quote else { break }
                    decoded.append(quote)
                    position += 2
                } else if byte == format.escape, position + 1 < end {
                    decoded.append(bytes[position + 1])
                    position += 2
                } else {
                    decoded.append(byte)
                    position += 1
                }
            }
            field.count = decoded.count - field.decodedStart
        }
        guard position < end else {
            return Failure(
                message:
                    "a field begins with \(Self.shown(quote)) and the record ends before the closing one",
                place: place, field: count)
        }
        position += 1
        if format.trimsSpace { while position < end, Self.isSpace(bytes[position]) { position += 1 } }
        guard position == end || isDelimiter(bytes, position, end) else {
            return Failure(
                message:
                    "found character \(Self.shown(bytes[position])) instead of the field delimiter behind a closing \(Self.shown(quote))",
                place: position, field: count)
        }
        append(field)
        endWithEmptyField(bytes, &position, end)
        return nil
    }

    private static func shown(_ byte: UInt8) -> String {
        byte >= 0x20 && byte < 0x7F ? "'\(Character(UnicodeScalar(byte)))'" : "0x\(String(byte, radix: 16))"
    }
}
