// Records of the topic __consumer_offsets (Kafka's OffsetCommitKey/Value and GroupMetadataKey/Value schemas):
//
//   key 0, 1   int16 version, string group, string topic, int32 partition
//     value 3  int16 version, int64 offset, int32 leader epoch, string metadata, int64 commit timestamp
//     value 2  the same without the epoch; value 1 with an int64 expiry at its end too; value 0 as 2
//   key 2      int16 version, string group
//     value 3  int16 version, string protocol type, int32 generation, string? protocol, string? leader,
//              int64 time of the state, members: string id, string? instance id, string client id,
//              string client host, int32 rebalance timeout, int32 session timeout, bytes subscription,
//              bytes assignment
//
// Version 4 of either value is the same as 3, flexible: read, not written.

/// How far a group has come in a partition.
public struct CommittedOffset: Equatable, Sendable {
    /// The offset of the record that the group wants next.
    public var offset: Offset
    /// The leader epoch of the last record it has read, or -1.
    public var leaderEpoch: Int32
    /// What the group noted with it.
    public var metadata: String
    /// When it was committed, in milliseconds since 1970.
    public var commitTimestamp: Int64

    /// A committed offset; the time is the coordinator's to set.
    public init(_ offset: Offset, leaderEpoch: Int32 = -1, metadata: String = "", commitTimestamp: Int64 = 0)
    {
        self.offset = offset
        self.leaderEpoch = leaderEpoch
        self.metadata = metadata
        self.commitTimestamp = commitTimestamp
    }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(Int16(3))
        bytes.appendBigEndian(offset.value)
        bytes.appendBigEndian(leaderEpoch)
        bytes.appendString(metadata)
        bytes.appendBigEndian(commitTimestamp)
        return bytes
    }

    init(reading bytes: UnsafeRawBufferPointer) throws {
        var reader = FieldReader(bytes)
        let version = try reader.integer(Int16.self)
        guard (0...4).contains(version) else {
            throw LogError(.corruptMessage, "a committed offset of version \(version); 0 to 4 are read")
        }
        reader.isFlexible = version == 4
        offset = Offset(try reader.integer(Int64.self))
        leaderEpoch = version >= 3 ? try reader.integer(Int32.self) : -1
        metadata = try reader.string()
        commitTimestamp = try reader.integer(Int64.self)
    }
}

/// What a record of `__consumer_offsets` is about.
enum GroupRecordKey: Hashable {
    case offset(group: String, TopicPartition)
    case group(String)

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        switch self {
        case .offset(let group, let partition):
            bytes.appendBigEndian(Int16(1))
            bytes.appendString(group)
            bytes.appendString(partition.topic)
            bytes.appendBigEndian(partition.partition)
        case .group(let group):
            bytes.appendBigEndian(Int16(2))
            bytes.appendString(group)
        }
        return bytes
    }

    /// Reads a key; `nil` for one of a kind that is not known here.
    init?(reading bytes: UnsafeRawBufferPointer) throws {
        var reader = FieldReader(bytes)
        switch try reader.integer(Int16.self) {
        case 0, 1:
            let group = try reader.string()
            let topic = try reader.string()
            self = .offset(group: group, TopicPartition(topic, try reader.integer(Int32.self)))
        case 2: self = .group(try reader.string())
        default: return nil
        }
    }
}

/// What is kept of a group between generations.
struct GroupMetadata: Equatable {
    struct Member: Equatable {
        var id: String
        var instanceID: String?
        var clientID: String
        var clientHost: String
        var rebalanceTimeout: Int32
        var sessionTimeout: Int32
        var subscription: [UInt8]
        var assignment: [UInt8]
    }

    var protocolType: String
    var generation: Int32
    var protocolName: String?
    var leader: String?
    var timestamp: Int64
    var members: [Member]

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(Int16(3))
        bytes.appendString(protocolType)
        bytes.appendBigEndian(generation)
        bytes.appendString(protocolName)
        bytes.appendString(leader)
        bytes.appendBigEndian(timestamp)
        bytes.appendArray(members) { bytes, member in
            bytes.appendString(member.id)
            bytes.appendString(member.instanceID)
            bytes.appendString(member.clientID)
            bytes.appendString(member.clientHost)
            bytes.appendBigEndian(member.rebalanceTimeout)
            bytes.appendBigEndian(member.sessionTimeout)
            bytes.appendBytes(member.subscription)
            bytes.appendBytes(member.assignment)
        }
        return bytes
    }

    init(
        protocolType: String, generation: Int32, protocolName: String?, leader: String?, timestamp: Int64,
        members: [Member]
    ) {
        self.protocolType = protocolType
        self.generation = generation
        self.protocolName = protocolName
        self.leader = leader
        self.timestamp = timestamp
        self.members = members
    }

    init(reading bytes: UnsafeRawBufferPointer) throws {
        var reader = FieldReader(bytes)
        let version = try reader.integer(Int16.self)
        guard (0...4).contains(version) else {
            throw LogError(.corruptMessage, "group metadata of version \(version); 0 to 4 are read")
        }
        reader.isFlexible = version == 4
        protocolType = try reader.string()
        generation = try reader.integer(Int32.self)
        protocolName = try reader.nullableString()
        leader = try reader.nullableString()
        timestamp = version >= 2 ? try reader.integer(Int64.self) : -1
        members = try reader.array { reader in
            let id = try reader.string()
            let instanceID = version >= 3 ? try reader.nullableString() : nil
            let clientID = try reader.string()
            let clientHost = try reader.string()
            let rebalance = version >= 1 ? try reader.integer(Int32.self) : 0
            let member = Member(
                id: id, instanceID: instanceID, clientID: clientID, clientHost: clientHost,
                rebalanceTimeout: rebalance, sessionTimeout: try reader.integer(Int32.self),
                subscription: try reader.nullableBytes() ?? [], assignment: try reader.nullableBytes() ?? [])
            try reader.skipTags()
            return member
        }
    }
}
