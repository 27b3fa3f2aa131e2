import DurableIO

// How changes become visible. A version is made ready in a directory of its own under tmp: xl.meta, and the data
// directory where the data is not inside it. Of a key that has no directory yet that directory becomes the key's,
// with one rename; otherwise the data directory is moved beside the old one and xl.meta is renamed over the old one,
// and that rename is what counts. Before the first of two steps a link to the key's directory is left in tmp: after a
// crash, `sweep` tidies what it points to.

extension Drive {
    private static let linkName = "object"
    private static let attemptsMax = 100

    /// Makes a version visible. Call with the key's lock held.
    ///
    /// - Parameters:
    ///   - meta: the new metadata of the object.
    ///   - staged: a directory under tmp, with the data directory where there is one; it is gone afterwards.
    ///   - obsolete: the names of data directories that the old metadata refers to and the new does not.
    func publish(
        _ meta: XLMeta, staged: String, dataDirectory: String?, obsolete: Set<String>,
        at location: ObjectLocation
    ) throws {
        try write(meta.encoded, to: "\(staged)/\(Self.metadataName)")
        if let dataDirectory { try syncDirectory("\(staged)/\(dataDirectory)") }
        if durability == .full { try fileSystem.syncDirectory(staged) }
        try requireNoLinks(to: location)
        for attempt in 1... {
            do {
                if try fileSystem.kind(of: location.directory) == nil {
                    return try publishWhole(staged, at: location)
                }
                return try publishInside(
                    staged, dataDirectory: dataDirectory, obsolete: obsolete, at: location)
            } catch let error as DurableIOError
                where (error.code == .notFound || error.code == .alreadyExists) && attempt < Self.attemptsMax
            {
                // Another writer has removed an empty directory on the way there, or made the key's. Once xl.meta has
                // its place there is nothing to repeat.
                guard try fileSystem.status(of: "\(staged)/\(Self.metadataName)") != nil else { throw error }
                try fileSystem.removeFile("\(staged)/\(Self.linkName)")
                guard try fileSystem.kind(of: location.root) == .directory else {
                    throw StoreError(.noSuchBucket, "the bucket of \(location.name) is gone")
                }
            }
        }
    }

    /// A link, or a file, on the way to a key would lead out of the drive, or nowhere.
    private func requireNoLinks(to location: ObjectLocation) throws {
        var directory = location.directory
        while directory.utf8.count >= location.root.utf8.count {
            if let status = try fileSystem.status(of: directory), status.kind != .directory {
                throw StoreError(
                    .unsupportedFormat,
                    "\(directory) is no directory: nothing is written through links or over foreign files")
            }
            directory = FileSystem.parent(of: directory)
        }
    }

    private func publishWhole(_ staged: String, at location: ObjectLocation) throws {
        var missing: [String] = []
        var parent = FileSystem.parent(of: location.directory)
        while try parent != location.root && fileSystem.kind(of: parent) == nil {
            missing.append(parent)
            parent = FileSystem.parent(of: parent)
        }
        try makeDurable(parent, below: path)
        directorySyncs.forget(location.directory)
        guard let top = missing.last else {
            try fileSystem.rename(staged, to: location.directory)
            return try syncDirectory(parent)
        }
        // Directories on the way come with the object, so that a crash leaves none of them behind.
        let carrier = try makeStaging()
        var inner = carrier
        for directory in missing.dropLast().reversed() {
            inner += directory.dropFirst(FileSystem.parent(of: directory).count)
            _ = try fileSystem.makeDirectory(inner)
        }
        let carried = inner + location.directory.dropFirst(FileSystem.parent(of: location.directory).count)
        try fileSystem.rename(staged, to: carried)
        var generation = 0
        do {
            var directory = inner
            while durability == .full && directory != staging {
                try fileSystem.syncDirectory(directory)
                directory = FileSystem.parent(of: directory)
            }
            for directory in missing { directorySyncs.forget(directory) }
            generation = directorySyncs.generation
            try fileSystem.rename(carrier, to: top)
        } catch {
            try fileSystem.rename(carried, to: staged)
            try? fileSystem.removeTree(carrier)
            throw error
        }
        try syncDirectory(parent)
        if durability == .full {
            for directory in missing { directorySyncs.noteDurable(directory, since: generation) }
        }
    }

    private func publishInside(
        _ staged: String, dataDirectory: String?, obsolete: Set<String>, at location: ObjectLocation
    ) throws {
        let directory = location.directory
        try makeDurable(directory, below: path)
        if dataDirectory != nil || !obsolete.isEmpty { try leaveLink(to: directory, in: staged) }
        if let dataDirectory {
            try fileSystem.rename("\(staged)/\(dataDirectory)", to: "\(directory)/\(dataDirectory)")
        }
        do {
            if dataDirectory != nil { try syncDirectory(directory) }
            try fileSystem.rename("\(staged)/\(Self.metadataName)", to: "\(directory)/\(Self.metadataName)")
        } catch {
            if let dataDirectory {
                try? fileSystem.rename("\(directory)/\(dataDirectory)", to: "\(staged)/\(dataDirectory)")
            }
            throw error
        }
        try syncDirectory(directory)
        tidy(staged) {
            try removeData(obsolete, in: directory)
        }
    }

    /// Removes data directories; data that is inside the metadata has none.
    private func removeData(_ names: Set<String>, in directory: String) throws {
        for name in names where try isDataDirectory("\(directory)/\(name)") {
            try fileSystem.removeTree("\(directory)/\(name)")
        }
    }

    /// Does what has to be done after a change counts. Where that fails, the link stays, and the next start does it.
    private func tidy(_ staged: String, _ body: () throws -> Void) {
        guard (try? body()) != nil else { return }
        try? fileSystem.removeTree(staged)
    }

    func leaveLink(to directory: String, in staged: String) throws {
        let link = "\(staged)/\(Self.linkName)"
        guard try fileSystem.status(of: link) == nil else { return }
        // Relative, so that a drive can be moved: tmp/ID is three directories below the drive.
        try fileSystem.createSymbolicLink(link, to: "../../.." + directory.dropFirst(path.count))
    }

    /// Removes what was made ready and not published. Where it was published and only the wait for the disk failed,
    /// the link stays: which of the data directories counts is seen at the next start.
    func discard(_ staged: String) {
        let isPublished =
            (try? fileSystem.status(of: "\(staged)/\(Self.linkName)")) != nil
            && (try? fileSystem.status(of: "\(staged)/\(Self.metadataName)")) == nil
        if !isPublished { try? fileSystem.removeTree(staged) }
    }

    /// Removes an object with all of its versions. Call with the key's lock held.
    func remove(_ meta: XLMeta, at location: ObjectLocation) throws {
        let directory = location.directory
        let obsolete = (try? meta.dataDirectories(path: directory)) ?? []
        let staged = try makeStaging()
        do {
            try leaveLink(to: directory, in: staged)
            try fileSystem.removeFile("\(directory)/\(Self.metadataName)")
        } catch {
            try? fileSystem.removeTree(staged)
            throw error
        }
        try syncDirectory(directory)
        tidy(staged) {
            try removeData(obsolete, in: directory)
            try removeEmptyDirectories(from: directory, below: location.root)
        }
    }

    /// Removes a directory and those above it that are empty then.
    func removeEmptyDirectories(from directory: String, below root: String) throws {
        var directory = directory
        while directory.utf8.count > root.utf8.count {
            directorySyncs.willRemove(directory)
            do {
                try fileSystem.removeDirectory(directory)
            } catch let error as DurableIOError where error.isAbsence {
                // Somebody else was faster, or the process that died had come so far.
            } catch let error as DurableIOError where error.code == .alreadyExists {
                return
            }
            directory = FileSystem.parent(of: directory)
        }
    }

    // MARK: After a crash

    /// Finishes or takes back what the last process was about.
    func recover() throws {
        for name in try fileSystem.list(staging) {
            let leftover = "\(staging)/\(name)"
            guard try fileSystem.status(of: leftover)?.kind == .directory else {
                try fileSystem.removeFile(leftover)
                continue
            }
            if let target = try fileSystem.symbolicLinkTarget("\(leftover)/\(Self.linkName)"),
                target.hasPrefix("../../../"), !target.split(separator: "/").dropFirst(3).contains("..")
            {
                let directory = "\(path)/\(target.dropFirst("../../../".count))"
                if name.hasSuffix(Self.readySuffix) {
                    // An upload that is gone has no parts.
                    if try fileSystem.kind(of: FileSystem.parent(of: directory)) == .directory {
                        try finishPart(leftover, in: directory)
                    }
                } else {
                    try sweep(directory)
                }
            }
            try fileSystem.removeTree(leftover)
        }
    }

    /// Removes the data directories in an object's directory that nothing refers to, and the directory itself
    /// and those above it where they are empty.
    private func sweep(_ directory: String) throws {
        if try fileSystem.kind(of: directory) == .directory {
            // What damaged metadata refers to is not known, so nothing is removed.
            guard let orphans = try? orphans(in: directory) else { return }
            for name in orphans { try fileSystem.removeTree("\(directory)/\(name)") }
        }
        let below = directory.dropFirst(path.count + 1).split(separator: "/", maxSplits: 1)
        guard let bucket = below.first, bucket != Self.systemName[...] else { return }
        try removeEmptyDirectories(from: directory, below: "\(path)/\(bucket)")
    }

    /// The names of the data directories in an object's directory that nothing refers to.
    ///
    /// - Throws: `StoreError` where the metadata is damaged.
    func orphans(in directory: String) throws -> [String] {
        let referenced = try metadata(in: directory)?.dataDirectories(path: directory) ?? []
        return try fileSystem.list(directory).filter { name in
            try UniqueID(name) != nil && !referenced.contains(name) && isDataDirectory("\(directory)/\(name)")
        }
    }

    /// Whether a directory holds parts of a version and nothing else. What users name like that are objects, and so
    /// directories; a data directory holds files.
    func isDataDirectory(_ path: String) throws -> Bool {
        guard try fileSystem.status(of: path)?.kind == .directory else { return false }
        return try fileSystem.list(path).allSatisfy { name in
            try Self.isPartName(name) && fileSystem.status(of: "\(path)/\(name)")?.kind == .file
        }
    }

    private static func isPartName(_ name: String) -> Bool {
        if name == "\(metadataName).bkp" { return true }
        guard name.hasPrefix("part.") else { return false }
        let number = name.dropFirst("part.".count)
        return Int(number.hasSuffix(".meta") ? number.dropLast(".meta".count) : number) != nil
    }
}
