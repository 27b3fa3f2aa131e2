/// Encodes records, one behind the other, into memory that grows: the hot loop of everything that writes.
///
/// Record: length varint (of the rest), attributes i8 = 0, timestampDelta varlong, offsetDelta varint, key
/// length varint (-1 null), key, value length varint (-1 null), value, header count varint, headers. All
/// varints zigzag.
///
/// A plain pointer, so that a record costs neither a reference count nor a check for exclusive access. It
/// belongs to the `RecordBatchBuilder` that made it, and is valid as long as that.
struct RecordEncoder {
    struct State {
        /// The batch header's place, then the records.
        var memory: UnsafeMutableRawPointer
        var capacity: Int
        var used = RecordBatchHeader.byteCount
        var recordCount: Int32 = 0
        var lastOffsetDelta: Int32 = -1
        var baseTimestamp: Int64 = 0
        var maxTimestamp: Int64 = 0
    }

    let state: UnsafeMutablePointer<State>

    /// Adds a record.
    ///
    /// - Parameters:
    ///   - offsetDelta: its place behind the batch's first offset; the next one where it is not given.
    ///   - base: the batch's base timestamp where it is not the first record's own.
    @inline(__always)
    func append(
        offsetDelta: Int32? = nil, base: Int64? = nil, timestamp: Int64, key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?, headers: [RecordHeader]
    ) {
        let offsetDelta = offsetDelta ?? state.pointee.lastOffsetDelta + 1
        if state.pointee.recordCount == 0 {
            state.pointee.baseTimestamp = base ?? timestamp
            state.pointee.maxTimestamp = timestamp
        }
        state.pointee.maxTimestamp = max(state.pointee.maxTimestamp, timestamp)
        let timestampDelta = timestamp &- state.pointee.baseTimestamp
        var bodyBytes = 1 + Varint.byteCount(timestampDelta) + Varint.byteCount(Int64(offsetDelta))
        bodyBytes += Self.fieldBytes(key?.count) + Self.fieldBytes(value?.count)
        bodyBytes += Varint.byteCount(Int64(headers.count))
        if !headers.isEmpty { bodyBytes += Self.headerBytes(headers) }
        if state.pointee.used + bodyBytes + Varint.byteCountMax > state.pointee.capacity {
            grow(by: bodyBytes + Varint.byteCountMax)
        }
        var end = Varint.write(Int64(bodyBytes), to: state.pointee.memory + state.pointee.used)
        end.storeBytes(of: 0, as: UInt8.self)
        end = Varint.write(timestampDelta, to: end + 1)
        end = Varint.write(Int64(offsetDelta), to: end)
        end = Self.writeField(key, to: end)
        end = Self.writeField(value, to: end)
        end = Varint.write(Int64(headers.count), to: end)
        if !headers.isEmpty { end = Self.writeHeaders(headers, to: end) }
        state.pointee.used = end - state.pointee.memory
        state.pointee.recordCount += 1
        state.pointee.lastOffsetDelta = offsetDelta
    }

    /// Drops what was encoded.
    func reset() {
        state.pointee.used = RecordBatchHeader.byteCount
        state.pointee.recordCount = 0
        state.pointee.lastOffsetDelta = -1
    }

    @inline(__always)
    private static func fieldBytes(_ count: Int?) -> Int {
        Varint.byteCount(Int64(count ?? -1)) + (count ?? 0)
    }

    private static func headerBytes(_ headers: [RecordHeader]) -> Int {
        headers.reduce(0) { $0 + fieldBytes($1.key.utf8.count) + fieldBytes($1.value?.count) }
    }

    private static func writeHeaders(
        _ headers: [RecordHeader], to place: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        var end = place
        for header in headers {
            var key = header.key
            end = key.withUTF8 { writeField(UnsafeRawBufferPointer($0), to: end) }
            if let value = header.value {
                end = value.withUnsafeBytes { writeField($0, to: end) }
            } else {
                end = writeField(nil, to: end)
            }
        }
        return end
    }

    /// Writes a field's length and bytes; where they end.
    @inline(__always)
    private static func writeField(
        _ bytes: UnsafeRawBufferPointer?, to place: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        guard let bytes else { return Varint.write(-1, to: place) }
        let start = Varint.write(Int64(bytes.count), to: place)
        guard let source = bytes.baseAddress else { return start }
        start.copyMemory(from: source, byteCount: bytes.count)
        return start + bytes.count
    }

    @inline(never)
    private func grow(by count: Int) {
        let (old, used) = (state.pointee.memory, state.pointee.used)
        state.pointee.capacity = max(state.pointee.capacity * 2, used + count)
        state.pointee.memory = .allocate(byteCount: state.pointee.capacity, alignment: 16)
        state.pointee.memory.copyMemory(from: old, byteCount: used)
        old.deallocate()
    }
}
