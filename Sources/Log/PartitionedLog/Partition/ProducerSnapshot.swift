import DurableIO

// NNN.snapshot holds the producers' state before offset NNN
// (org.apache.kafka.storage.internals.log.ProducerStateManager), big-endian:
//
//   int16 version 1, uint32 CRC-32C of everything behind it, int32 count, and for each producer
//   int64 id, int16 epoch, int32 last sequence, int64 last offset, int32 offset delta, int64 timestamp,
//   int32 coordinator epoch, int64 first offset of the open transaction or -1
//
// Only the newest batch of each producer is kept.
extension ProducerStates {
    private static let headerBytes = 10
    private static let entryBytes = 46

    /// The snapshot file's content.
    var encoded: [UInt8] {
        var body: [UInt8] = []
        body.appendBigEndian(Int32(producers.count))
        for (id, producer) in producers.sorted(by: { $0.key < $1.key }) {
            body.appendBigEndian(id)
            body.appendBigEndian(producer.epoch)
            body.appendBigEndian(producer.batches.last?.lastSequence ?? -1)
            body.appendBigEndian(producer.batches.last?.lastOffset.value ?? -1)
            body.appendBigEndian(producer.batches.last?.offsetDelta ?? 0)
            body.appendBigEndian(producer.lastTimestamp)
            body.appendBigEndian(producer.coordinatorEpoch)
            body.appendBigEndian(producer.transactionFirstOffset?.value ?? -1)
        }
        var bytes: [UInt8] = []
        bytes.appendBigEndian(Int16(1))
        bytes.appendBigEndian(CRC32C.checksum(body))
        return bytes + body
    }

    /// Reads a snapshot file.
    ///
    /// - Throws: `LogError` with code `corruptMessage`.
    init(reading bytes: [UInt8]) throws {
        let producers = try bytes.withUnsafeBytes { bytes in
            guard bytes.count >= Self.headerBytes else {
                throw LogError(.corruptMessage, "\(bytes.count) bytes are no producer snapshot")
            }
            let version = bytes.bigEndian(at: 0, as: Int16.self)
            guard version == 1 else {
                throw LogError(.corruptMessage, "producer snapshot version \(version): only 1 is read")
            }
            let body = UnsafeRawBufferPointer(rebasing: bytes[6...])
            guard bytes.bigEndian(at: 2, as: UInt32.self) == CRC32C.checksum(body) else {
                throw LogError(.corruptMessage, "the producer snapshot's checksum is wrong")
            }
            let count = Int(bytes.bigEndian(at: 6, as: Int32.self))
            guard count >= 0, count * Self.entryBytes == bytes.count - Self.headerBytes else {
                throw LogError(.corruptMessage, "the producer snapshot's length is wrong")
            }
            var producers: [Int64: Producer] = [:]
            for start in stride(from: Self.headerBytes, to: bytes.count, by: Self.entryBytes) {
                let timestamp = bytes.bigEndian(at: start + 26, as: Int64.self)
                let first = bytes.bigEndian(at: start + 38, as: Int64.self)
                let lastOffset = bytes.bigEndian(at: start + 14, as: Int64.self)
                var producer = Producer(
                    epoch: bytes.bigEndian(at: start + 8, as: Int16.self), lastTimestamp: timestamp,
                    lastSeen: timestamp)
                if lastOffset >= 0 {
                    producer.batches = [
                        BatchMemory(
                            lastSequence: bytes.bigEndian(at: start + 10, as: Int32.self),
                            lastOffset: Offset(lastOffset),
                            offsetDelta: bytes.bigEndian(at: start + 22, as: Int32.self),
                            timestamp: timestamp)
                    ]
                }
                producer.coordinatorEpoch = bytes.bigEndian(at: start + 34, as: Int32.self)
                producer.transactionFirstOffset = first < 0 ? nil : Offset(first)
                producers[bytes.bigEndian(at: start, as: Int64.self)] = producer
            }
            return producers
        }
        self.init(producers: producers)
    }
}
