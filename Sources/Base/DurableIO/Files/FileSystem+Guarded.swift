internal import CKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

// Reading from directories that somebody else may have filled: nothing is followed out of them, nothing is waited for.

extension FileSystem {
    /// Opens a file to read it. No symbolic link below `root` is followed, and what is no regular file is not opened
    /// for long: a pipe is not waited for.
    ///
    /// - Throws: `DurableIOError`; its code is `wrongKind` where a link stands on the way, or something that is no
    ///   file at its end, and `isDirectory` for a directory.
    public func openFile(_ path: String, below root: String) throws -> File {
        let (descriptor, _) = try openGuarded(path, below: root)
        return File(descriptor: descriptor, path: path, faults: faults)
    }

    /// The whole content of a file, opened as by `openFile`.
    ///
    /// - Throws: `DurableIOError`; its code is `corrupt` where the file is larger than `max` bytes.
    public func contents(of path: String, below root: String, max: Int) throws -> [UInt8] {
        let file = try openFile(path, below: root)
        let size = try file.size()
        guard size <= max else {
            throw DurableIOError(
                code: .corrupt,
                message: "\(path) has \(size) bytes, where at most \(max) make sense: it is damaged",
                path: path)
        }
        return try file.read(at: 0, count: size)
    }

    /// Reads the beginning of a file into a buffer, opened as by `openFile`.
    ///
    /// - Returns: how many bytes were read, and how many the file has; `nil` where there is no such file.
    public func readBeginning(
        of path: String, below root: String, into buffer: UnsafeMutableRawBufferPointer
    ) throws -> (count: Int, size: Int)? {
        let (descriptor, size): (Int32, Int)
        do {
            (descriptor, size) = try openGuarded(path, below: root)
        } catch let error as DurableIOError where error.code == .notFound || error.code == .notDirectory {
            return nil
        }
        defer { systemClose(descriptor) }
        return (try readBeginning(descriptor, path, into: buffer), size)
    }

    /// Makes sure that no level of a path below `root` but the last is anything but a directory, and the last neither
    /// a link nor a pipe or the like. What is missing may be made.
    ///
    /// - Throws: `DurableIOError` with code `wrongKind`.
    public func requireNoLinks(to path: String, below root: String) throws {
        var level = path
        while level.utf8.count > root.utf8.count {
            if let status = try status(of: level),
                status.kind == .other || (status.kind == .file && level.utf8.count < path.utf8.count)
            {
                throw Self.wrongKind(
                    level, status, wanted: level == path ? "a file or a directory" : "a directory")
            }
            level = Self.parent(of: level)
        }
    }

    private func openGuarded(_ path: String, below root: String) throws -> (descriptor: Int32, size: Int) {
        try faults?.check(reading: path)
        var descriptor = th_open_without_links(path)
        if descriptor < 0, errno == ELOOP || errno == ENOSYS || errno == EPERM {
            // There is a link, perhaps above the root, where it is the user's business; or the kernel is too old.
            try requireNoLinks(to: path, below: root)
            descriptor = systemOpen(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        }
        guard descriptor >= 0 else {
            // So say sockets, and devices that are not there.
            let number = errno
            if number == ENXIO, let status = try status(of: path) {
                throw Self.wrongKind(path, status, wanted: "a file")
            }
            throw DurableIOError.system("open", path: path, errno: number)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let number = errno
            systemClose(descriptor)
            throw DurableIOError.system("stat", path: path, errno: number)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            systemClose(descriptor)
            throw Self.wrongKind(path, FileStatus(status), wanted: "a file")
        }
        return (descriptor, Int(status.st_size))
    }

    private static func wrongKind(_ path: String, _ status: FileStatus, wanted: String) -> DurableIOError {
        DurableIOError(
            code: status.kind == .directory ? .isDirectory : .wrongKind,
            message:
                "\(path) is \(status.name) where \(wanted) is needed, and was not followed; move it away",
            path: path)
    }
}
