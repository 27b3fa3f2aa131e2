#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension FileSystem {
    /// Removes a directory and all below it, whatever its names are made of. Symbolic links are removed, not followed.
    public func removeTree(_ path: String) throws { try removeTree(BytePath(path)) }

    private func removeTree(_ path: BytePath) throws {
        for child in try children(of: path) {
            if child.isDirectory {
                try removeTree(child.path)
                continue
            }
            try admitChange("remove", child.path.text)
            if unlink(child.path.bytes) != 0, errno != ENOENT {
                throw DurableIOError.system("remove", path: child.path.text, errno: errno)
            }
            faults?.note(.remove(child.path.text))
        }
        try admitChange("remove directory", path.text)
        guard rmdir(path.bytes) == 0 else {
            throw DurableIOError.system("remove directory", path: path.text, errno: errno)
        }
        faults?.note(.remove(path.text))
    }

    /// What is in a directory that is no link to one.
    private func children(of path: BytePath) throws -> [(path: BytePath, isDirectory: Bool)] {
        let descriptor = systemOpen(path.bytes, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        guard descriptor >= 0, let directory = fdopendir(descriptor) else {
            throw DurableIOError.system("list", path: path.text, errno: errno)
        }
        var children: [(path: BytePath, isDirectory: Bool)] = []
        try Self.forEachName(in: directory, path: path.text) { name, kind in
            let child = path.child(name)
            children.append((child, try (kind ?? self.kind(of: child)) == .directory))
        }
        return children
    }

    /// What stands at a path itself, where the directory does not tell.
    private func kind(of path: BytePath) throws -> Kind? {
        var status = stat()
        guard lstat(path.bytes, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw DurableIOError.system("stat", path: path.text, errno: errno)
        }
        return FileStatus(status).kind
    }
}
