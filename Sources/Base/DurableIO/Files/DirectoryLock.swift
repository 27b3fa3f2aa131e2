#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An advisory lock that says "one writer": held until released or the process ends, however it ends.
public final class DirectoryLock: Sendable {
    private let file: File

    /// Takes the lock at `path`, a file that is made where it is missing.
    ///
    /// - Parameters:
    ///   - path: the lock file.
    ///   - purpose: what the holder does, for the message that others get.
    /// - Throws: `DurableIOError` with code `locked`, naming the process that holds it.
    public init(_ path: String, purpose: String, fileSystem: FileSystem = .local) throws {
        file = try fileSystem.open(path, .updateOrCreate)
        if flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK else {
                throw DurableIOError.system("lock", path: path, errno: errno)
            }
            let content = try file.read(at: 0, count: 200)
            let holder = String(decoding: content.prefix { $0 != 0x0A }, as: UTF8.self)
            throw DurableIOError(
                code: .locked,
                message:
                    "\(FileSystem.parent(of: path)) is in use by \(holder.isEmpty ? "another process" : holder)"
                    + "; wait for it to end, or choose another directory",
                path: path)
        }
        // The text only helps people; that it may be torn by a full disk must not stop the lock's owner.
        try? file.truncate(to: 0)
        try? file.write(Array("process \(getpid()) (\(purpose))\n".utf8), at: 0)
    }

    /// Does what takes a lock, again and again as long as another process has it.
    ///
    /// - Parameters:
    ///   - duration: how long to wait for the lock at most.
    ///   - willWait: called before each attempt but the first; its error ends the wait.
    /// - Throws: what `body` throws; after so long a time also that the lock is taken.
    public static func waiting<Result>(
        _ duration: Duration, willWait: () throws -> Void = {}, for body: () throws -> Result
    ) throws -> Result {
        let deadline = ContinuousClock.now + duration
        while true {
            do {
                return try body()
            } catch let error as DurableIOError where error.code == .locked && ContinuousClock.now < deadline
            {
                try willWait()
                WallClock.sleep(.milliseconds(50))
            }
        }
    }

    deinit {
        // Closing alone would not do while a process that is just being started holds a copy of the
        // descriptor.
        flock(file.descriptor, LOCK_UN)
    }
}
