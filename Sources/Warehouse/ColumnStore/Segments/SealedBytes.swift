internal import CKernels

/// Bytes of the directory, which are small and decide which rows a query sees, behind a CRC-32C of them (4 bytes).
enum SealedBytes {
    /// Seals what `write` appends.
    static func seal(_ write: (inout ByteSink) -> Void) -> SegmentBytes {
        var sink = ByteSink(capacity: 256)
        sink.append(UInt32(0))
        write(&sink)
        let body = UnsafeRawBufferPointer(rebasing: sink.bytes[4...])
        sink.store(th_crc32c(0, body.baseAddress, body.count), at: 0)
        return sink.finish()
    }

    /// The bytes behind the checksum, which is checked.
    ///
    /// - Parameter title: what they are, for the error.
    static func open(_ bytes: UnsafeRawBufferPointer, _ title: String) throws -> ByteSource {
        var source = ByteSource(bytes)
        let stated = try source.integer(UInt32.self)
        guard th_crc32c(0, source.rest.baseAddress, source.rest.count) == stated else {
            throw SegmentDamage("the checksum of its \(title) is wrong")
        }
        return source
    }
}
