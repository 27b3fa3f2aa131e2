#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An open file. Reads and writes name their position, so there is no shared cursor.
///
/// The descriptor is closed when the last reference goes. Safe to share between threads; writes that overlap
/// are the caller's to order.
public final class File: Sendable {
    /// The path the file was opened by.
    public let path: String
    let descriptor: Int32
    private let faults: FaultPlan?

    init(descriptor: Int32, path: String, faults: FaultPlan?) {
        self.descriptor = descriptor
        self.path = path
        self.faults = faults
    }

    deinit {
        systemClose(descriptor)
    }

    /// The size in bytes now.
    public func size() throws -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("stat") }
        return Int(status.st_size)
    }

    /// Reads up to `buffer.count` bytes from `offset` on.
    ///
    /// - Returns: how many bytes were read; fewer than asked for only at the end of the file.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
        try faults?.check(reading: path)
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset + done))
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("read")
            }
            done += count
        }
        return done
    }

    /// The bytes from `offset` on, at most `count` of them.
    public func read(at offset: Int, count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
    }

    /// Reads the next bytes of a stream (a pipe, a terminal), waiting for at least one.
    ///
    /// - Returns: how many bytes were read; 0 at the end.
    /// - Throws: `DurableIOError`; its code is `interrupted` where a signal ended the wait, and the call can
    ///   be repeated.
    public func readNext(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = systemRead(descriptor, buffer)
        guard count >= 0 else { throw failure("read") }
        return count
    }

    /// Writes all of `bytes` at `offset`.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        if let fault = faults?.admit(length: bytes.count, needsSpace: true) {
            try writeAll(UnsafeRawBufferPointer(rebasing: bytes.prefix(fault.torn)), at: offset)
            throw DurableIOError.system("write", path: path, errno: fault.errno)
        }
        try writeAll(bytes, at: offset)
        faults?.note(.write(path))
    }

    /// Writes all of `bytes` at `offset`.
    public func write(_ bytes: [UInt8], at offset: Int) throws {
        try bytes.withUnsafeBytes { try write($0, at: offset) }
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("write")
            }
            done += count
        }
    }

    /// Cuts or extends the file to `size` bytes.
    public func truncate(to size: Int) throws {
        try admitChange("truncate")
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure("truncate") }
        faults?.note(.write(path))
    }

    /// Waits until the file's bytes are on the disk.
    public func sync() throws {
        try admitChange("sync")
        #if canImport(Darwin)
            // A plain fsync on Apple systems stops at the drive's cache.
            guard fcntl(descriptor, F_FULLFSYNC) != -1 || fsync(descriptor) == 0 else {
                throw failure("sync")
            }
        #else
            guard fdatasync(descriptor) == 0 else { throw failure("sync") }
        #endif
        faults?.note(.sync(path))
    }

    /// Lets go of what the operating system keeps in memory of the file, so that the next read comes from the
    /// disk. Where it cannot be told to, nothing happens.
    public func evict() throws {
        #if canImport(Glibc) || canImport(Musl)
            fsync(descriptor)
            posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        #endif
    }

    private func admitChange(_ action: String) throws {
        if let fault = faults?.admit(length: 0, needsSpace: false) {
            throw DurableIOError.system(action, path: path, errno: fault.errno)
        }
    }

    private func failure(_ action: String) -> DurableIOError {
        .system(action, path: path, errno: errno)
    }
}
