import DurableIO

/// Reads the metadata of one object after another without their inline data, into memory that is kept. Not
/// thread-safe.
final class MetadataScan {
    private static let bytesMin = 4096

    private let fileSystem: FileSystem
    private let root: String
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytesMin, alignment: 8)

    init(_ drive: Drive) {
        fileSystem = drive.fileSystem
        root = drive.path
    }

    deinit { buffer.deallocate() }

    /// The versions of an object, `nil` where there is none.
    ///
    /// - Throws: `StoreError` with code `corrupt` or `unsupportedFormat`.
    func read(_ directory: String) throws -> XLMeta? {
        let path = "\(directory)/\(Drive.metadataName)"
        while true {
            let read = try Drive.asStoreErrors {
                try fileSystem.readBeginning(of: path, below: root, into: buffer)
            }
            guard let (count, size) = read else { return nil }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            let isCut = count == buffer.count
            let headBytes = XLMeta.headByteCount(bytes)
            if isCut, headBytes.map({ $0 > count }) ?? true, count < (headBytes ?? .max) {
                // The head says how long it is; without one, all of the file is wanted.
                try XLMeta.check(beginning: bytes, byteCount: headBytes ?? size, path: path)
                let wanted = headBytes ?? size + 1
                guard wanted > buffer.count, wanted <= size + 1 else {
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
