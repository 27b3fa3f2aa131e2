import DurableIO

// How changes become visible. A version is made ready in a directory of its own under tmp: xl.meta, and the data
// directory where the data is not inside it. Of a key that has no directory yet that directory becomes the key's,
// with one rename; otherwise the data directory is moved beside the old one and xl.meta is renamed over the old one,
// and that rename is what counts. Before the first of two steps a link to the key's directory is left in tmp: after a
// crash, `sweep` tidies what it points to.

extension Drive {
    private static let linkName = "object"
    private static let attemptsMax = 100
    private static let removedSuffix = ".removed"

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
        try requireDirectories(to: location.directory)
        for attempt in 1... {
            do {
                if try fileSystem.status(of: location.directory) == nil {
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
                guard try isDirectory(location.root) else {
                    throw StoreError(.noSuchBucket, "the bucket of \(location.name) is gone")
                }
            }
        }
    }

    private func publishWhole(_ staged: String, at location: ObjectLocation) throws {
        var missing: [String] = []
        var parent = FileSystem.parent(of: location.directory)
        while try parent != location.root && fileSystem.status(of: parent) == nil {
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
        try requireDirectories(to: directory)
        let obsolete = (try? meta.dataDirectories(path: directory)) ?? []
        let staged = try stageRemoval(of: directory)
        do {
            try fileSystem.removeFile("\(directory)/\(Self.metadataName)")
        } catch {
            if let staged { try? fileSystem.removeTree(staged) }
            throw error
        }
        try syncDirectory(directory)
        let tidying = { [self] in
            try removeData(obsolete, in: directory)
            try removeEmptyDirectories(from: directory, below: location.root)
        }
        // Without a link only a check of the drive finds what a failure leaves behind.
        if let staged { tidy(staged, tidying) } else { try tidying() }
    }

    /// Leaves a link to a directory that something is about to be removed from.
    ///
    /// - Returns: where it lies; `nil` where the disk is too full for it: then it is removed in place, for that is what
    ///   frees some space.
    private func stageRemoval(of directory: String) throws -> String? {
        var staged: String?
        do {
            let path = try makeStaging()
            staged = path
            try leaveLink(to: directory, in: path)
            return path
        } catch {
            if let staged { try? fileSystem.removeTree(staged) }
            guard let error = error as? DurableIOError, error.code == .noSpace else { throw error }
            return nil
        }
    }

    /// Removes a bucket's directory with all that is in it, whatever its names are made of.
    func removeAll(of directory: String) throws {
        for name in try fileSystem.list(directory) { directorySyncs.willRemove("\(directory)/\(name)") }
        directorySyncs.willRemove(directory)
        let staged = "\(staging)/\(UniqueID.random())\(Self.removedSuffix)"
        do {
            try fileSystem.rename(directory, to: staged)
        } catch let error as DurableIOError where error.code == .noSpace {
            // Not even a name could be moved: what is removed in place makes room.
            try fileSystem.removeTree(directory)
            return try syncDirectory(path)
        }
        try syncDirectory(path)
        // What cannot be removed now is gone from sight, and the next start tries again.
        try? fileSystem.removeTree(staged)
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
    ///
    /// - Parameter report: told of what cannot be tidied now: it stays for the next start, and is nothing that counts.
    func recover(report: (StoreError) -> Void) throws {
        let (names, foreign) = try fileSystem.listing(of: staging)
        for name in foreign {
            report(
                StoreError(.unsupportedFormat, "\(staging)/\(name) is no name of the store's, and left alone")
            )
        }
        for name in names {
            let leftover = "\(staging)/\(name)"
            if name.hasSuffix(Self.readySuffix) { try finishReady(leftover) }
            do {
                try recover(leftover, name)
            } catch let error as DurableIOError {
                report(
                    StoreError(
                        .unreadable, "\(leftover) of the last process is left for the next start: \(error)"))
            }
        }
    }

    private func recover(_ leftover: String, _ name: String) throws {
        guard try fileSystem.status(of: leftover)?.kind == .directory else {
            return try fileSystem.removeFile(leftover)
        }
        if !name.hasSuffix(Self.readySuffix), !name.hasSuffix(Self.removedSuffix),
            let directory = try linked(from: leftover)
        {
            try sweep(directory)
        }
        try fileSystem.removeTree(leftover)
    }

    /// Where a link that was left leads, if that is in the drive and no other link on the way.
    private func linked(from leftover: String) throws -> String? {
        guard let target = try fileSystem.symbolicLinkTarget("\(leftover)/\(Self.linkName)"),
            target.hasPrefix("../../../"), !target.split(separator: "/").dropFirst(3).contains("..")
        else { return nil }
        let directory = "\(path)/\(target.dropFirst("../../../".count))"
        return (try? requireDirectories(to: directory)) == nil ? nil : directory
    }

    /// Moves a part of an upload to its place. Were it left, it could come over a newer one at a later start: so a
    /// failure here is one of the start.
    private func finishReady(_ leftover: String) throws {
        guard try fileSystem.status(of: leftover)?.kind == .directory,
            let directory = try linked(from: leftover)
        else { return }
        // An upload that is gone has no parts.
        if try isDirectory(FileSystem.parent(of: directory)) { try finishPart(leftover, in: directory) }
    }

    /// Removes the data directories in an object's directory that nothing refers to, and the directory itself
    /// and those above it where they are empty.
    private func sweep(_ directory: String) throws {
        if try isDirectory(directory) {
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
        let (names, foreign) = try fileSystem.listing(of: path)
        guard foreign.isEmpty else { return false }
        return try names.allSatisfy { name in
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
