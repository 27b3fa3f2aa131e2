import DurableIO

/// The committed offsets of consumer groups, kept as records of the topic `__consumer_offsets` in Kafka's
/// format.
///
/// Key, version 1: int16 version, string group, string topic, int32 partition. Value, version 3: int16
/// version, int64 offset, int32 leader epoch, string metadata, int64 commit timestamp. A string is an int16
/// length and UTF-8. Not thread-safe.
public final class GroupOffsets {
    /// The internal topic.
    public static let topic = "__consumer_offsets"
    private struct Key: Hashable {
        let group: String
        let partition: TopicPartition
    }

    private let log: LogDirectory
    private var offsets: [Key: Offset] = [:]

    /// Reads what has been committed in `log`.
    public init(_ log: LogDirectory) throws {
        self.log = log
        try InternalTopic.groups.replay(log) { _, header, record in
            guard !header.isControl, let key = record.key.flatMap(Self.decodeKey) else { return }
            offsets[key] = record.value.flatMap(Self.decodeOffset)
        }
    }

    /// The groups that have committed anything, sorted.
    public var groups: [String] { Set(offsets.keys.map(\.group)).sorted() }

    /// The offset of the next record that the group wants, or `nil` where it has committed none.
    public func committed(_ group: String, _ partition: TopicPartition) -> Offset? {
        offsets[Key(group: group, partition: partition)]
    }

    /// Commits, durably: after it returns, the group goes on from `offset` whatever happens.
    ///
    /// - Parameter timestamp: the time of the commit, milliseconds since 1970.
    public func commit(_ group: String, _ partition: TopicPartition, _ offset: Offset, timestamp: Int64)
        throws
    {
        precondition(group.utf8.count <= Int(Int16.max), "a group's name has at most 32767 bytes")
        var key: [UInt8] = []
        key.appendBigEndian(Int16(1))
        key.appendString(group)
        key.appendString(partition.topic)
        key.appendBigEndian(partition.partition)
        var value: [UInt8] = []
        value.appendBigEndian(Int16(3))
        value.appendBigEndian(offset.value)
        value.appendBigEndian(Int32(-1))
        value.appendString("")
        value.appendBigEndian(timestamp)
        try InternalTopic.groups.append(
            [.init(key: key, value: value)], for: group, in: log, timestamp: timestamp)
        offsets[Key(group: group, partition: partition)] = offset
    }

    private static func decodeKey(_ bytes: UnsafeRawBufferPointer) -> Key? {
        var reader = FieldReader(bytes)
        guard let version = reader.integer(Int16.self), version == 0 || version == 1,
            let group = reader.string(), let topic = reader.string(),
            let partition = reader.integer(Int32.self)
        else { return nil }
        return Key(group: group, partition: TopicPartition(topic, partition))
    }

    private static func decodeOffset(_ bytes: UnsafeRawBufferPointer) -> Offset? {
        var reader = FieldReader(bytes)
        guard reader.integer(Int16.self) != nil, let offset = reader.integer(Int64.self) else { return nil }
        return Offset(offset)
    }
}

private struct FieldReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer? {
        guard bytes.count - position >= MemoryLayout<Integer>.size else { return nil }
        defer { position += MemoryLayout<Integer>.size }
        return bytes.bigEndian(at: position, as: type)
    }

    mutating func string() -> String? {
        guard let count = integer(Int16.self), count >= 0, bytes.count - position >= Int(count) else {
            return nil
        }
        defer { position += Int(count) }
        return String(decoding: bytes[position..<position + Int(count)], as: UTF8.self)
    }
}

extension [UInt8] {
    fileprivate mutating func appendString(_ text: String) {
        appendBigEndian(Int16(text.utf8.count))
        append(contentsOf: text.utf8)
    }
}
