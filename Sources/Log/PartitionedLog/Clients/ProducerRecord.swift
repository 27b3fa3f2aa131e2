/// A record that is to be sent.
public struct ProducerRecord: Sendable {
    /// The topic.
    public var topic: String
    /// The partition, where it is not to follow from the key.
    public var partition: Int32?
    /// The key, or `nil` for null.
    public var key: [UInt8]?
    /// The value, or `nil` for null (a tombstone).
    public var value: [UInt8]?
    /// The headers.
    public var headers: [RecordHeader]
    /// Milliseconds since 1970, or `nil` for now.
    public var timestamp: Int64?

    /// A record of bytes.
    public init(
        topic: String, partition: Int32? = nil, key: [UInt8]? = nil, value: [UInt8]?,
        headers: [RecordHeader] = [], timestamp: Int64? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }

    /// A record of text.
    public init(topic: String, key: String? = nil, value: String) {
        self.init(topic: topic, key: key.map { Array($0.utf8) }, value: Array(value.utf8))
    }

    func withFields<Result>(
        _ body: (UnsafeRawBufferPointer?, UnsafeRawBufferPointer?) throws -> Result
    ) rethrows -> Result {
        func lend(
            _ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) throws -> Result
        ) rethrows -> Result {
            guard let bytes else { return try body(nil) }
            return try bytes.withUnsafeBytes { try body($0) }
        }
        return try lend(key) { key in try lend(value) { try body(key, $0) } }
    }
}

/// Where a record that was sent came to stand.
public struct RecordMetadata: Sendable, Equatable {
    /// The partition.
    public let topicPartition: TopicPartition
    /// The offset.
    public let offset: Offset
    /// Its time, in milliseconds since 1970.
    public let timestamp: Int64
}
