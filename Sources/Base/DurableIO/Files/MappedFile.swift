#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file's content as memory, read by the operating system as it is touched.
///
/// For files that are not cut while they are mapped: touching what was cut off ends the process.
public final class MappedFile: @unchecked Sendable {
    // Safe to share: the memory is never written to and stays until the object goes.
    /// The content.
    public let bytes: UnsafeRawBufferPointer

    /// Maps a file as it is now.
    public init(_ file: File) throws {
        let size = try file.size()
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let address = mmap(nil, size, PROT_READ, MAP_SHARED, file.descriptor, 0), address != MAP_FAILED
        else { throw DurableIOError.system("map", path: file.path, errno: errno) }
        bytes = UnsafeRawBufferPointer(start: address, count: size)
    }

    deinit {
        if let address = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
        }
    }
}
