#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The file system as the rest of the project sees it: the one seam through which bytes reach the disk.
///
/// A value without state of its own; `local` is the real one, and tests give one with a `FaultPlan`.
public struct FileSystem: Sendable {
    /// The real file system.
    public static let local = FileSystem()

    private let faults: FaultPlan?

    /// A file system whose changes fail as `faults` plans.
    public init(faults: FaultPlan? = nil) {
        self.faults = faults
    }

    /// How a file is opened.
    public enum Access: Sendable {
        /// For reading; it must exist.
        case read
        /// For reading and writing; it must exist.
        case update
        /// For reading and writing; made empty where it does not exist.
        case updateOrCreate
        /// For reading and writing; emptied where it exists.
        case replace
    }

    /// What stands at a path.
    public enum Kind: Sendable, Equatable {
        /// A regular file.
        case file
        /// A directory.
        case directory
        /// A pipe, a device or a socket.
        case other
    }

    /// Opens a file.
    public func open(_ path: String, _ access: Access) throws -> File {
        let flags: Int32
        switch access {
        case .read: flags = O_RDONLY
        case .update: flags = O_RDWR
        case .updateOrCreate: flags = O_RDWR | O_CREAT
        case .replace: flags = O_RDWR | O_CREAT | O_TRUNC
        }
        if flags & O_CREAT != 0 { try admitChange("create", path) }
        let descriptor = systemOpen(path, flags)
        guard descriptor >= 0 else { throw DurableIOError.system("open", path: path, errno: errno) }
        return File(descriptor: descriptor, path: path, faults: faults)
    }

    /// Standard input as a file.
    public func standardInput() throws -> File {
        let descriptor = dup(0)
        guard descriptor >= 0 else {
            throw DurableIOError.system("open", path: "standard input", errno: errno)
        }
        return File(descriptor: descriptor, path: "standard input", faults: nil)
    }

    /// What stands at `path`, or `nil` where nothing does. Follows symbolic links.
    public func kind(of path: String) throws -> Kind? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw DurableIOError.system("stat", path: path, errno: errno)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        default: return .other
        }
    }

    /// Makes a directory and those above it that are missing, and waits until they are on the disk.
    public func createDirectory(_ path: String) throws {
        var made: [String] = []
        var missing = path
        while try kind(of: missing) == nil {
            made.append(missing)
            let parent = Self.parent(of: missing)
            if parent == missing { break }
            missing = parent
        }
        for directory in made.reversed() {
            try admitChange("create directory", directory)
            if mkdir(directory, 0o755) != 0, errno != EEXIST {
                throw DurableIOError.system("create directory", path: directory, errno: errno)
            }
            try syncDirectory(Self.parent(of: directory))
        }
        guard try kind(of: path) == .directory else {
            throw DurableIOError(
                code: .notDirectory, message: "cannot create directory \(path): a file stands there",
                path: path)
        }
    }

    /// The names in a directory, sorted by their bytes, without `.` and `..`.
    public func list(_ path: String) throws -> [String] {
        guard let directory = opendir(path) else {
            throw DurableIOError.system("list", path: path, errno: errno)
        }
        defer { closedir(directory) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        // The end and an error look alike but for this.
        guard errno == 0 else { throw DurableIOError.system("list", path: path, errno: errno) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Moves `source` over `destination` in one step.
    public func rename(_ source: String, to destination: String) throws {
        try admitChange("rename", source)
        guard systemRename(source, destination) == 0 else {
            throw DurableIOError.system("rename \(source) to", path: destination, errno: errno)
        }
    }

    /// Removes a file; one that is absent already is no error.
    public func removeFile(_ path: String) throws {
        try admitChange("remove", path)
        if unlink(path) != 0, errno != ENOENT {
            throw DurableIOError.system("remove", path: path, errno: errno)
        }
    }

    /// Removes an empty directory.
    public func removeDirectory(_ path: String) throws {
        try admitChange("remove directory", path)
        guard rmdir(path) == 0 else {
            throw DurableIOError.system("remove directory", path: path, errno: errno)
        }
    }

    /// Removes a directory and all below it. Symbolic links are removed, not followed.
    public func removeTree(_ path: String) throws {
        for name in try list(path) {
            let child = "\(path)/\(name)"
            if try entry(child)?.kind == .directory { try removeTree(child) } else { try removeFile(child) }
        }
        try removeDirectory(path)
    }

    /// Waits until the names in a directory are on the disk.
    public func syncDirectory(_ path: String) throws {
        try admitChange("sync directory", path)
        let descriptor = systemOpen(path, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else {
            throw DurableIOError.system("open directory", path: path, errno: errno)
        }
        defer { systemClose(descriptor) }
        // Some file systems cannot sync a directory and say EINVAL; there is nothing more to be done there.
        if fsync(descriptor) != 0, errno != EINVAL {
            throw DurableIOError.system("sync directory", path: path, errno: errno)
        }
    }

    /// The whole content of a file.
    public func contents(of path: String) throws -> [UInt8] {
        let file = try open(path, .read)
        return try file.read(at: 0, count: try file.size())
    }

    /// Replaces a file's content in one step: after a crash the old or the new content is there, never a
    /// mixture.
    public func replaceContents(of path: String, with bytes: [UInt8]) throws {
        let temporary = path + ".tmp"
        let file = try open(temporary, .replace)
        try file.write(bytes, at: 0)
        try file.sync()
        try rename(temporary, to: path)
        try syncDirectory(Self.parent(of: path))
    }

    /// The sum of the sizes of all files below a directory, in bytes; 0 where it does not exist. Symbolic
    /// links are not followed, and what disappears meanwhile does not count.
    public func bytesBelow(_ path: String) throws -> Int {
        guard let entry = try entry(path) else { return 0 }
        guard entry.kind == .directory else { return entry.byteCount }
        do {
            return try list(path).reduce(0) { try $0 + bytesBelow("\(path)/\($1)") }
        } catch let error as DurableIOError where error.code == .notFound {
            return 0
        }
    }

    /// What stands at `path` itself, a symbolic link not followed.
    private func entry(_ path: String) throws -> (kind: Kind, byteCount: Int)? {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw DurableIOError.system("stat", path: path, errno: errno)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return (.file, Int(status.st_size))
        case S_IFDIR: return (.directory, 0)
        default: return (.other, 0)
        }
    }

    /// The absolute path of something that exists, with symbolic links followed; the path itself where that
    /// fails.
    public func absolutePath(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The path of the directory that holds `path`.
    public static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private func admitChange(_ action: String, _ path: String) throws {
        if let fault = faults?.admit(length: 0) {
            throw DurableIOError.system(action, path: path, errno: fault.errno)
        }
    }
}
