/// Finds where a JSON object ends (RFC 8259). What its numbers and texts say is not looked at, so that one
/// which is wrong in itself is still passed over as a whole.
struct JSONExtent {
    enum Result: Equatable {
        /// It ends before this place.
        case whole(end: Int)
        /// It goes on behind the bytes.
        case unfinished
        /// At this place stands what can be in no object.
        case broken(at: Int)
    }

    private enum Expected {
        case key, colon, value, separator
    }

    private static let depthMax = 128

    private let bytes: UnsafeRawBufferPointer
    private var position: Int
    /// Of each object (`true`) and array that is open, the innermost last.
    private var open: [Bool] = []

    /// The extent of the object that begins at `start`, with a brace.
    static func of(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Result {
        var extent = JSONExtent(bytes, start)
        return extent.find()
    }

    private init(_ bytes: UnsafeRawBufferPointer, _ start: Int) {
        self.bytes = bytes
        position = start
    }

    private mutating func find() -> Result {
        var expected = Expected.value
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch (byte, expected) {
            case (0x20, _), (0x09, _), (0x0A, _), (0x0D, _): continue
            case (UInt8(ascii: "{"), .value), (UInt8(ascii: "["), .value):
                guard open.count < Self.depthMax else { return .broken(at: position - 1) }
                open.append(byte == UInt8(ascii: "{"))
                expected = open.last == true ? .key : .value
            // A comma too many is for the parser to find.
            case (UInt8(ascii: "}"), .key), (UInt8(ascii: "}"), .separator), (UInt8(ascii: "]"), .value),
                (UInt8(ascii: "]"), .separator):
                guard open.last == (byte == UInt8(ascii: "}")) else { return .broken(at: position - 1) }
                open.removeLast()
                if open.isEmpty { return .whole(end: position) }
                expected = .separator
            case (UInt8(ascii: "\""), .key), (UInt8(ascii: "\""), .value):
                if let failure = skipString() { return failure }
                expected = expected == .key ? .colon : .separator
            case (UInt8(ascii: ":"), .colon): expected = .value
            case (UInt8(ascii: ","), .separator): expected = open.last == true ? .key : .value
            case (_, .value) where Self.isWord(byte):
                while position < bytes.count, Self.isWord(bytes[position]) { position += 1 }
                expected = .separator
            default: return .broken(at: position - 1)
            }
        }
        return .unfinished
    }

    private mutating func skipString() -> Result? {
        while position < bytes.count {
            let byte = bytes[position]
            if byte < 0x20 { return .broken(at: position) }
            position += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { return nil }
        }
        return .unfinished
    }

    /// Whether a byte can be part of a number or a literal, right or wrong.
    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
