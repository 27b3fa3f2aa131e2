// Records of the topic __transaction_state (Kafka's TransactionLogKey and TransactionLogValue schemas):
//
//   key 0    int16 version, string transactional id
//   value 0  int16 version, int64 producer id, int16 producer epoch, int32 timeout ms, int8 state,
//            partitions (null or an array): string topic, partitions: int32; int64 last update, int64 start
//   value 1  the same, flexible: read, not written

/// What is known of a transactional id.
struct TransactionMetadata: Equatable {
    /// Where the transaction stands; the numbers are those of the records.
    enum Phase: Int8, Sendable {
        case empty = 0
        case ongoing = 1
        case prepareCommit = 2
        case prepareAbort = 3
        case completeCommit = 4
        case completeAbort = 5
        case dead = 6
        case prepareEpochFence = 7
    }

    var producerID: Int64
    var epoch: Int16
    var timeoutMilliseconds: Int32
    var phase = Phase.empty
    var partitions: Set<TopicPartition> = []
    var lastUpdate: Int64
    /// When the transaction began, or -1.
    var start: Int64 = -1

    static func key(_ transactionalID: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(Int16(0))
        bytes.appendString(transactionalID)
        return bytes
    }

    /// The transactional id of a key; `nil` for a key of another kind.
    static func transactionalID(_ key: UnsafeRawBufferPointer) throws -> String? {
        var reader = FieldReader(key)
        guard try reader.integer(Int16.self) == 0 else { return nil }
        return try reader.string()
    }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(Int16(0))
        bytes.appendBigEndian(producerID)
        bytes.appendBigEndian(epoch)
        bytes.appendBigEndian(timeoutMilliseconds)
        bytes.appendBigEndian(phase.rawValue)
        if phase == .empty { bytes.appendBigEndian(Int32(-1)) } else { bytes.appendPartitions(partitions) }
        bytes.appendBigEndian(lastUpdate)
        bytes.appendBigEndian(start)
        return bytes
    }

    init(producerID: Int64, epoch: Int16, timeoutMilliseconds: Int32, lastUpdate: Int64) {
        self.producerID = producerID
        self.epoch = epoch
        self.timeoutMilliseconds = timeoutMilliseconds
        self.lastUpdate = lastUpdate
    }

    init(reading bytes: UnsafeRawBufferPointer) throws {
        var reader = FieldReader(bytes)
        let version = try reader.integer(Int16.self)
        guard (0...1).contains(version) else {
            throw LogError(.corruptMessage, "transaction metadata of version \(version); 0 and 1 are read")
        }
        reader.isFlexible = version == 1
        producerID = try reader.integer(Int64.self)
        epoch = try reader.integer(Int16.self)
        timeoutMilliseconds = try reader.integer(Int32.self)
        let state = try reader.integer(Int8.self)
        guard let phase = Phase(rawValue: state) else {
            throw LogError(.corruptMessage, "transaction state \(state) is unknown")
        }
        self.phase = phase
        partitions = Set(try reader.partitions())
        lastUpdate = try reader.integer(Int64.self)
        start = try reader.integer(Int64.self)
    }
}
