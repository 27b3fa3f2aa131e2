extension RecordBatchView {
    /// The batch with some of its records, as they were: the same offsets and times, in another encoding.
    ///
    /// - Parameters:
    ///   - codec: what the records are compressed with.
    ///   - deleteHorizon: the horizon to give the batch, or `nil` to leave it without one.
    ///   - isKept: whether a record stays.
    /// - Returns: `nil` where none of them stays.
    func rebuilt(
        _ codec: Compression, deleteHorizon: Int64? = nil, _ scratch: inout RecordScratch,
        keeping isKept: (Record) -> Bool
    ) throws -> [UInt8]? {
        let builder = RecordBatchBuilder(compression: codec)
        try forEachRecord(&scratch) { record in
            guard isKept(record) else { return }
            builder.encoder.append(
                offsetDelta: Int32(record.offset - header.baseOffset), base: deleteHorizon,
                timestamp: record.timestamp, key: record.key, value: record.value, headers: record.headers)
        }
        guard builder.recordCount > 0 else { return nil }
        let stamp = ProducerStamp(
            producerID: header.producerID, producerEpoch: header.producerEpoch,
            baseSequence: header.baseSequence, isTransactional: header.isTransactional)
        // Timestamp type and control bit stay; the codec's bits and the horizon's are the new batch's own.
        let attributes = header.attributes & 0x28 | (deleteHorizon == nil ? 0 : 0x40)
        return try builder.finish(stamp, attributes: attributes, lastOffsetDelta: header.lastOffsetDelta) {
            $0.storeBigEndian(header.baseOffset.value, at: 0)
            $0.storeBigEndian(header.partitionLeaderEpoch, at: 12)
            return Array($0)
        }
    }

    /// The same records, compressed with another codec.
    func recompressed(_ codec: Compression) throws -> [UInt8] {
        var scratch = RecordScratch()
        guard let batch = try rebuilt(codec, &scratch, keeping: { _ in true }) else {
            throw LogError(.invalidRecord, "batch at offset \(header.baseOffset) holds no records")
        }
        return batch
    }

    /// The batch without its records: what compaction leaves where the header alone still matters. It keeps
    /// offsets, producer and sequence numbers; its base timestamp is -1.
    func emptied() -> [UInt8] {
        var batch = Array(bytes[..<RecordBatchHeader.byteCount])
        batch.withUnsafeMutableBytes {
            $0.storeBigEndian(Int32(RecordBatchHeader.byteCount - RecordBatchHeader.lengthOverhead), at: 8)
            $0.storeBigEndian(header.attributes & 0x38, at: 21)
            $0.storeBigEndian(Int64(-1), at: 27)
            $0.storeBigEndian(Int32(0), at: 57)
            $0.storeBigEndian(RecordBatchView.checksum(UnsafeRawBufferPointer($0)), at: 17)
        }
        return batch
    }
}
