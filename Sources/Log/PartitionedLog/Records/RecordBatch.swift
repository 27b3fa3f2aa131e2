/// A whole record batch with bytes of its own.
public struct RecordBatch: Sendable {
    /// The largest batch that is believed in. Kafka's own limit is 2 GiB, and its default 1 MiB.
    public static let byteCountMax = 256 << 20
    /// The most bytes that the records of one batch may take once decompressed.
    public static let recordBytesMax = 256 << 20

    /// The fixed part.
    public let header: RecordBatchHeader
    /// All bytes, the fixed part included.
    public let bytes: [UInt8]

    init(_ header: RecordBatchHeader, _ bytes: [UInt8]) {
        self.header = header
        self.bytes = bytes
    }

    /// Takes the bytes of one batch and checks length and checksum.
    ///
    /// - Throws: `LogError` with code `corruptMessage`.
    public init(validating bytes: [UInt8]) throws {
        header = try bytes.withUnsafeBytes { bytes in
            let view = try RecordBatchView(prefixOf: bytes)
            guard view.header.byteCount == bytes.count else {
                throw LogError(
                    .corruptMessage,
                    "batch at offset \(view.header.baseOffset) says it has \(view.header.byteCount) bytes, "
                        + "but has \(bytes.count)")
            }
            try view.requireIntact()
            return view.header
        }
        self.bytes = bytes
    }

    /// Lends the batch as a view.
    public func withView<Result>(_ body: (RecordBatchView) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes { try body(RecordBatchView(header, $0)) }
    }

    /// Gives each record to `body`, in order.
    ///
    /// - Parameter scratch: memory for decompression, to be given again for the next batch.
    /// - Throws: `LogError` with code `corruptMessage` or `unsupportedCompression`; what `body` throws.
    public func forEachRecord(_ scratch: inout RecordScratch, _ body: (Record) throws -> Void) throws {
        try withView { try $0.forEachRecord(&scratch, body) }
    }
}
