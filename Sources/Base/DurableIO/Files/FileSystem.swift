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

    let faults: FaultPlan?

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
        if flags & O_CREAT != 0 {
            try admitChange("create", path, needsSpace: try needsName(path))
        }
        let descriptor = systemOpen(path, flags)
        guard descriptor >= 0 else { throw DurableIOError.system("open", path: path, errno: errno) }
        if flags & O_CREAT != 0 { faults?.note(.create(path)) }
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
            try admitChange("create directory", directory, needsSpace: true)
            if mkdir(directory, 0o755) != 0, errno != EEXIST {
                throw DurableIOError.system("create directory", path: directory, errno: errno)
            }
            faults?.note(.makeDirectory(directory))
            try syncDirectory(Self.parent(of: directory))
        }
        guard try kind(of: path) == .directory else {
            throw DurableIOError(
                code: .notDirectory, message: "cannot create directory \(path): a file stands there",
                path: path)
        }
    }

    /// Makes a directory whose parent is there, without waiting for the disk.
    ///
    /// - Returns: whether it was made; not where something stands there already.
    public func makeDirectory(_ path: String) throws -> Bool {
        try admitChange("create directory", path, needsSpace: try needsName(path))
        if mkdir(path, 0o755) == 0 {
            faults?.note(.makeDirectory(path))
            return true
        }
        guard errno == EEXIST else {
            throw DurableIOError.system("create directory", path: path, errno: errno)
        }
        return false
    }

    /// Moves `source` over `destination` in one step.
    public func rename(_ source: String, to destination: String) throws {
        try admitChange("rename", source)
        guard systemRename(source, destination) == 0 else {
            throw DurableIOError.system("rename \(source) to", path: destination, errno: errno)
        }
        faults?.note(.rename(source, to: destination))
    }

    /// Gives a file a second name, which must be free.
    public func link(_ source: String, to destination: String) throws {
        try admitChange("link", source, needsSpace: true)
        guard systemLink(source, destination) == 0 else {
            throw DurableIOError.system("link \(source) to", path: destination, errno: errno)
        }
        faults?.note(.link(source, to: destination))
    }

    /// Makes a symbolic link at `path` that holds `target`.
    public func createSymbolicLink(_ path: String, to target: String) throws {
        try admitChange("create link", path, needsSpace: true)
        guard symlink(target, path) == 0 else {
            throw DurableIOError.system("create link", path: path, errno: errno)
        }
    }

    /// Removes a file; one that is absent already is no error.
    public func removeFile(_ path: String) throws {
        try admitChange("remove", path)
        if unlink(path) != 0, errno != ENOENT {
            throw DurableIOError.system("remove", path: path, errno: errno)
        }
        faults?.note(.remove(path))
    }

    /// Removes an empty directory.
    public func removeDirectory(_ path: String) throws {
        try admitChange("remove directory", path)
        guard rmdir(path) == 0 else {
            throw DurableIOError.system("remove directory", path: path, errno: errno)
        }
        faults?.note(.remove(path))
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
        faults?.note(.syncDirectory(path))
    }

    /// Replaces a file's content in one step: after a crash the old or the new content is there, never a
    /// mixture.
    ///
    /// - Parameter temporary: a path in the same directory for what is being written; `path` with `.tmp` where it
    ///   is `nil`. A crash may leave it behind.
    public func replaceContents(of path: String, with bytes: [UInt8], by temporary: String? = nil) throws {
        // A rename would put a file into the place of a device or a pipe, for all who use it.
        guard try kind(of: path) != .other else {
            throw DurableIOError(
                code: .alreadyExists,
                message:
                    "cannot write \(path): a pipe, a device or a socket stands there, which a file must not replace",
                path: path)
        }
        let temporary = temporary ?? path + ".tmp"
        do {
            let file = try open(temporary, .replace)
            try file.write(bytes, at: 0)
            try file.sync()
            try rename(temporary, to: path)
        } catch {
            // Half a file is good for nothing, and the disk may be full.
            try? removeFile(temporary)
            throw error
        }
        try syncDirectory(Self.parent(of: path))
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
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(decoding: path.utf8[..<slash], as: UTF8.self)
    }

    /// The last component of a path.
    public static func name(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(decoding: path.utf8[path.utf8.index(after: slash)...], as: UTF8.self)
    }

    /// Whether a name would have to be made: on a disk that is planned to be full, what is there is made no more.
    private func needsName(_ path: String) throws -> Bool { try faults != nil && status(of: path) == nil }

    func admitChange(_ action: String, _ path: String, needsSpace: Bool = false) throws {
        if let fault = faults?.admit(length: 0, needsSpace: needsSpace) {
            throw DurableIOError.system(action, path: path, errno: fault.errno)
        }
    }
}
