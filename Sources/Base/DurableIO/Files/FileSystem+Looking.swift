#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the file system says of a path, a symbolic link not followed.
public struct FileStatus: Sendable {
    /// What stands there.
    public let kind: FileSystem.Kind
    /// The same in words, with the link, the pipe, the socket and the device told apart.
    public let name: String
    /// The size of a file in bytes; 0 of anything else.
    public let byteCount: Int
    /// When the content, or the names in the directory, last changed, in nanoseconds since 1970.
    public let modifiedNanoseconds: Int64
    /// How many names it has. Of a directory, on most file systems, two more than there are directories in
    /// it; 1 on those that do not count.
    public let linkCount: Int
}

extension FileSystem.Kind {
    fileprivate init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .directory
        default: self = .other
        }
    }
}

extension FileStatus {
    init(_ status: stat) {
        kind = FileSystem.Kind(status)
        switch status.st_mode & S_IFMT {
        case S_IFREG: name = "a file"
        case S_IFDIR: name = "a directory"
        case S_IFLNK: name = "a symbolic link"
        case S_IFIFO: name = "a pipe"
        case S_IFSOCK: name = "a socket"
        default: name = "a device"
        }
        #if canImport(Darwin)
            let modified = status.st_mtimespec
        #else
            let modified = status.st_mtim
        #endif
        byteCount = kind == .file ? Int(status.st_size) : 0
        modifiedNanoseconds = Int64(modified.tv_sec) * 1_000_000_000 + Int64(modified.tv_nsec)
        linkCount = Int(status.st_nlink)
    }
}

extension FileSystem {
    /// What stands at `path`, or `nil` where nothing does. Follows symbolic links.
    public func kind(of path: String) throws -> Kind? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw DurableIOError.system("stat", path: path, errno: errno)
        }
        return Kind(status)
    }

    /// What stands at `path` itself, or `nil` where nothing does.
    public func status(of path: String) throws -> FileStatus? {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw DurableIOError.system("stat", path: path, errno: errno)
        }
        return FileStatus(status)
    }

    /// What a symbolic link holds; `nil` where none stands, or where it is no UTF-8.
    public func symbolicLinkTarget(_ path: String) throws -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &buffer, buffer.count)
        guard count >= 0 else {
            if errno == ENOENT || errno == ENOTDIR || errno == EINVAL { return nil }
            throw DurableIOError.system("read link", path: path, errno: errno)
        }
        return String(validating: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The names in a directory, sorted by their bytes, without `.` and `..`. Names that are no UTF-8 cannot be told as
    /// texts without being changed, and are left out: `listing` has them.
    public func list(_ path: String) throws -> [String] { try listing(of: path).names }

    /// The names in a directory, sorted by their bytes, without `.` and `..`; and those that are no UTF-8, to be shown
    /// to people, with their odd bytes as `\xFF`.
    public func listing(of path: String) throws -> (names: [String], foreign: [String]) {
        var names: [String] = []
        var foreign: [String] = []
        try forEachName(in: path) { name, _ in
            if let text = String(validating: name, as: UTF8.self) {
                names.append(text)
            } else {
                foreign.append(BytePath.escaped(name))
            }
        }
        let precedes = { (left: String, right: String) in left.utf8.lexicographicallyPrecedes(right.utf8) }
        return (names.sorted(by: precedes), foreign.sorted(by: precedes))
    }

    /// Calls `body` with each name in a directory, in no order, without `.` and `..`, and with what bears the
    /// name, a symbolic link not followed; `nil` where the file system does not tell without being asked.
    public func forEachName(
        in path: String, _ body: (_ name: UnsafeRawBufferPointer, _ kind: Kind?) throws -> Void
    ) throws {
        try faults?.check(reading: path)
        guard let directory = opendir(path) else {
            throw DurableIOError.system("list", path: path, errno: errno)
        }
        try Self.forEachName(in: directory, path: path, body)
    }

    static func forEachName(
        in directory: OpaquePointer, path: @autoclosure () -> String,
        _ body: (_ name: UnsafeRawBufferPointer, _ kind: Kind?) throws -> Void
    ) throws {
        defer { closedir(directory) }
        errno = 0
        while let entry = readdir(directory) {
            let kind: Kind?
            switch Int32(entry.pointee.d_type) {
            case Int32(DT_REG): kind = .file
            case Int32(DT_DIR): kind = .directory
            case Int32(DT_UNKNOWN): kind = nil
            default: kind = .other
            }
            try withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                let name = UnsafeRawBufferPointer(
                    start: pointer,
                    count: strlen(UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self)))
                let isDot = name[0] == 0x2E && (name.count == 1 || (name.count == 2 && name[1] == 0x2E))
                if !isDot { try body(name, kind) }
            }
            errno = 0
        }
        // The end and an error look alike but for this.
        guard errno == 0 else { throw DurableIOError.system("list", path: path(), errno: errno) }
    }

    /// Reads the beginning of a file into a buffer.
    ///
    /// - Returns: how many bytes were read, less than there is room for where the file ends; `nil` where
    ///   there is no such file.
    public func readBeginning(
        of path: String, into buffer: UnsafeMutableRawBufferPointer
    ) throws -> Int? {
        // A pipe in the place of a file must not be waited for.
        let descriptor = systemOpen(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw DurableIOError.system("open", path: path, errno: errno)
        }
        defer { systemClose(descriptor) }
        return try readBeginning(descriptor, path, into: buffer)
    }

    func readBeginning(
        _ descriptor: Int32, _ path: String, into buffer: UnsafeMutableRawBufferPointer
    ) throws -> Int {
        try faults?.check(reading: path)
        var done = 0
        while done < buffer.count {
            let count = systemRead(descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw DurableIOError.system("read", path: path, errno: errno)
            }
            done += count
            // A read that comes back short has met the end, in files.
            if done < buffer.count, count < 4096 { break }
        }
        return done
    }

    /// The whole content of a file.
    public func contents(of path: String) throws -> [UInt8] {
        let file = try open(path, .read)
        return try file.read(at: 0, count: try file.size())
    }

    /// The sum of the sizes of all files below a directory, in bytes; 0 where it does not exist. Symbolic
    /// links are not followed, and what disappears meanwhile does not count.
    public func bytesBelow(_ path: String) throws -> Int {
        try bytesBelow(path, entriesMax: .max) ?? 0
    }

    /// The same; `nil` where there are more files and directories than `entriesMax`.
    public func bytesBelow(_ path: String, entriesMax: Int) throws -> Int? {
        var left = entriesMax
        return try bytesBelow(path, &left)
    }

    private func bytesBelow(_ path: String, _ left: inout Int) throws -> Int? {
        guard let entry = try status(of: path) else { return 0 }
        guard entry.kind == .directory else { return entry.byteCount }
        do {
            let names = try list(path)
            left -= names.count
            var bytes = 0
            for name in names {
                guard left >= 0, let below = try bytesBelow("\(path)/\(name)", &left) else { return nil }
                bytes += below
            }
            return bytes
        } catch let error as DurableIOError where error.code == .notFound {
            return 0
        }
    }
}

extension File {
    /// What the file is: a pipe and a terminal are something else than a file.
    public func kind() throws -> FileSystem.Kind {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw DurableIOError.system("look at", path: path, errno: errno)
        }
        return FileSystem.Kind(status)
    }

    /// Waits for at most so many milliseconds until `readNext` has something to give, be it the end.
    ///
    /// - Returns: whether it has.
    public func waitUntilReadable(milliseconds: Int32) throws -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let count = poll(&request, 1, milliseconds)
        // A signal ends the wait: whoever waits looks whether it was meant to stop.
        if count < 0, errno == EINTR { return false }
        guard count >= 0 else { throw DurableIOError.system("wait for", path: path, errno: errno) }
        return count > 0
    }
}
