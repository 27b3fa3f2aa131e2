// What the members of a consumer group tell each other through the coordinator (Kafka's
// ConsumerProtocolSubscription and ConsumerProtocolAssignment schemas):
//
//   subscription  int16 version, topics: string, bytes? user data,
//                 from 1 owned: string topic, partitions: int32; from 2 int32 generation; from 3 string? rack
//   assignment    int16 version, assigned: string topic, partitions: int32, bytes? user data

/// What a member of a consumer group wants and has.
public struct ConsumerSubscription: Equatable, Sendable {
    /// The topics it wants to read.
    public var topics: [String]
    /// The partitions it has from the generation before.
    public var ownedPartitions: [TopicPartition]
    /// That generation, or -1.
    public var generation: Int32

    /// A subscription.
    public init(topics: [String], ownedPartitions: [TopicPartition] = [], generation: Int32 = -1) {
        self.topics = topics
        self.ownedPartitions = ownedPartitions
        self.generation = generation
    }

    /// The subscription as version 3 has it.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(Int16(3))
        bytes.appendArray(topics.sorted()) { $0.appendString($1) }
        bytes.appendBytes(nil)
        bytes.appendPartitions(ownedPartitions)
        bytes.appendBigEndian(generation)
        bytes.appendString(nil)
        return bytes
    }

    /// Reads a subscription of any version.
    ///
    /// - Throws: `LogError` with code `corruptMessage`.
    public init(reading bytes: [UInt8]) throws {
        self = try bytes.withUnsafeBytes { bytes in
            var reader = FieldReader(bytes)
            let version = try reader.integer(Int16.self)
            var subscription = ConsumerSubscription(topics: try reader.array { try $0.string() })
            _ = try reader.nullableBytes()
            if version >= 1 { subscription.ownedPartitions = try reader.partitions() }
            if version >= 2 { subscription.generation = try reader.integer(Int32.self) }
            return subscription
        }
    }
}

/// What a member of a consumer group has been given to read.
public struct ConsumerAssignment: Equatable, Sendable {
    /// The partitions.
    public var partitions: [TopicPartition]

    /// An assignment.
    public init(_ partitions: [TopicPartition]) {
        self.partitions = partitions
    }

    /// The assignment as version 3 has it.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(Int16(3))
        bytes.appendPartitions(partitions)
        bytes.appendBytes(nil)
        return bytes
    }

    /// Reads an assignment; no bytes at all are none.
    ///
    /// - Throws: `LogError` with code `corruptMessage`.
    public init(reading bytes: [UInt8]) throws {
        partitions = try bytes.withUnsafeBytes { bytes in
            if bytes.isEmpty { return [] }
            var reader = FieldReader(bytes)
            _ = try reader.integer(Int16.self)
            return try reader.partitions().sorted()
        }
    }
}
