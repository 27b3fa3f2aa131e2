import DurableIO

/// Reads the metadata of one object after another without their inline data, into memory that is kept. Not
/// thread-safe.
final class MetadataScan {
    private static let bytesMin = 4096

    private let fileSystem: FileSystem
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytesMin, alignment: 8)

    init(_ fileSystem: FileSystem) {
        self.fileSystem = fileSystem
    }

    deinit { buffer.deallocate() }

    /// The versions of an object, `nil` where there is none.
    ///
    /// - Throws: `StoreError` with code `corrupt` or `unsupportedFormat`.
    func read(_ directory: String) throws -> XLMeta? {
        let path = "\(directory)/\(Drive.metadataName)"
        while true {
            guard let count = try fileSystem.readBeginning(of: path, into: buffer) else { return nil }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            let isCut = count == buffer.count
            let headBytes = XLMeta.headByteCount(bytes)
            if isCut, headBytes.map({ $0 > count }) ?? true, count < (headBytes ?? .max) {
                // The head says how long it is; without one, all of the file is wanted.
                let wanted = try headBytes ?? (fileSystem.status(of: path)?.byteCount ?? 0) + 1
                guard wanted > buffer.count, wanted < 1 << 30 else {
                    throw StoreError(
                        .corrupt, "\(path) claims \(wanted) bytes of metadata: the file is damaged")
                }
                buffer.deallocate()
                buffer = .allocate(byteCount: wanted, alignment: 8)
                continue
            }
            let meta = try XLMeta(reading: bytes, path: path, headOnly: headBytes != nil)
            return meta.versions.isEmpty ? nil : meta
        }
    }
}
