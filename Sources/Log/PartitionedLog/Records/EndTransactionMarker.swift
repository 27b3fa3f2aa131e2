/// The one record of a control batch that ends a transaction (KIP-98): key int16 version 0, int16 type (0 abort,
/// 1 commit); value int16 version 0, int32 epoch of the coordinator that wrote it.
struct EndTransactionMarker: Equatable {
    let isCommit: Bool
    let coordinatorEpoch: Int32

    init(isCommit: Bool, coordinatorEpoch: Int32) {
        self.isCommit = isCommit
        self.coordinatorEpoch = coordinatorEpoch
    }

    /// Reads the marker; `nil` for another kind of control record.
    init?(_ record: Record) {
        guard let key = record.key, key.count >= 4, let value = record.value, value.count >= 6 else {
            return nil
        }
        let type = key.bigEndian(at: 2, as: Int16.self)
        guard type == 0 || type == 1 else { return nil }
        self.init(isCommit: type == 1, coordinatorEpoch: value.bigEndian(at: 2, as: Int32.self))
    }

    /// The marker of a control batch; `nil` where it holds none.
    init?(_ batch: RecordBatchView, _ scratch: inout RecordScratch) throws {
        guard batch.header.isControl else { return nil }
        var found: EndTransactionMarker?
        try batch.forEachRecord(&scratch) { found = EndTransactionMarker($0) }
        guard let found else { return nil }
        self = found
    }

    /// The control batch, 78 bytes.
    func batch(producerID: Int64, producerEpoch: Int16, timestamp: Int64) throws -> [UInt8] {
        var key: [UInt8] = []
        key.appendBigEndian(Int16(0))
        key.appendBigEndian(Int16(isCommit ? 1 : 0))
        var value: [UInt8] = []
        value.appendBigEndian(Int16(0))
        value.appendBigEndian(coordinatorEpoch)
        let builder = RecordBatchBuilder(compression: .none)
        key.withUnsafeBytes { key in
            value.withUnsafeBytes { builder.append(timestamp: timestamp, key: key, value: $0) }
        }
        let stamp = ProducerStamp(
            producerID: producerID, producerEpoch: producerEpoch, baseSequence: -1, isTransactional: true)
        return try builder.finish(stamp, attributes: 0x20) { Array($0) }
    }
}
