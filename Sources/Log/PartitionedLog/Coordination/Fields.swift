/// Reads the fields of a record of an internal topic: big-endian integers; strings, bytes and arrays after their
/// length, where -1 stands for null. In flexible versions (KIP-482) a length is one more, as an unsigned varint, 0
/// stands for null, and every structure ends in tagged fields.
struct FieldReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    var isFlexible = false

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
        let size = MemoryLayout<Integer>.size
        guard bytes.count - position >= size else { throw truncated }
        defer { position += size }
        return bytes.bigEndian(at: position, as: type)
    }

    mutating func nullableString() throws -> String? {
        let count = isFlexible ? try compactLength() : Int(try integer(Int16.self))
        return count < 0 ? nil : String(decoding: try take(count), as: UTF8.self)
    }

    mutating func string() throws -> String { try nullableString() ?? "" }

    mutating func nullableBytes() throws -> [UInt8]? {
        let count = isFlexible ? try compactLength() : Int(try integer(Int32.self))
        return count < 0 ? nil : Array(try take(count))
    }

    /// An array; one that is null is empty.
    mutating func array<Element>(_ element: (inout FieldReader) throws -> Element) throws -> [Element] {
        let count = isFlexible ? try compactLength() : Int(try integer(Int32.self))
        // Each element has a byte at least, so a wrong count cannot ask for much.
        guard count <= bytes.count - position else { throw truncated }
        return try (0..<max(0, count)).map { _ in try element(&self) }
    }

    private mutating func compactLength() throws -> Int { try unsignedVarint() - 1 }

    private mutating func unsignedVarint() throws -> Int {
        var result = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            let byte = Int(try integer(UInt8.self))
            result |= (byte & 0x7F) << shift
            if byte & 0x80 == 0 { return result }
        }
        throw LogError(.corruptMessage, "a length in a record of an internal topic has too many bytes")
    }

    /// Passes over the tagged fields at the end of a structure; none are known here that matter.
    mutating func skipTags() throws {
        guard isFlexible else { return }
        for _ in 0..<(try unsignedVarint()) {
            _ = try unsignedVarint()
            _ = try take(unsignedVarint())
        }
    }

    private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard bytes.count - position >= count else { throw truncated }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    private var truncated: LogError {
        LogError(.corruptMessage, "a record of an internal topic is cut short at byte \(bytes.count)")
    }
}

extension [UInt8] {
    /// Appends a string of at most 32767 bytes.
    mutating func appendString(_ text: String?) {
        guard let text else { return appendBigEndian(Int16(-1)) }
        precondition(text.utf8.count <= Int(Int16.max), "a string of \(text.utf8.count) bytes is too long")
        appendBigEndian(Int16(text.utf8.count))
        append(contentsOf: text.utf8)
    }

    mutating func appendBytes(_ bytes: [UInt8]?) {
        guard let bytes else { return appendBigEndian(Int32(-1)) }
        appendBigEndian(Int32(bytes.count))
        append(contentsOf: bytes)
    }

    mutating func appendArray<Value>(_ elements: [Value], _ append: (inout [UInt8], Value) -> Void) {
        appendBigEndian(Int32(elements.count))
        for element in elements { append(&self, element) }
    }

    /// Appends partitions as an array of topics with arrays of numbers.
    mutating func appendPartitions(_ partitions: some Sequence<TopicPartition>) {
        let byTopic = Dictionary(grouping: partitions, by: \.topic).sorted { $0.key < $1.key }
        appendArray(byTopic) { bytes, topic in
            bytes.appendString(topic.key)
            bytes.appendArray(topic.value.map(\.partition).sorted()) { $0.appendBigEndian($1) }
        }
    }
}

extension FieldReader {
    mutating func partitions() throws -> [TopicPartition] {
        try array { reader in
            let topic = try reader.string()
            let partitions = try reader.array { TopicPartition(topic, try $0.integer(Int32.self)) }
            try reader.skipTags()
            return partitions
        }.flatMap { $0 }
    }
}
