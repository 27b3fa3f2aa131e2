import DurableIO

/// Goes through a drive's files.
final class DriveVerifier {
    private(set) var report = VerifyReport()
    private let store: ObjectStore
    private let drive: Drive
    private let fileSystem: FileSystem
    private let options: VerifyReport.Options
    private var isCounted = true

    init(_ store: ObjectStore, _ options: VerifyReport.Options) {
        self.store = store
        self.options = options
        drive = store.drive
        fileSystem = store.fileSystem
    }

    func run() throws {
        if let bucket = options.bucket { return try check(drive.directory(of: bucket), inBucket: bucket) }
        for name in try names(in: drive.path) where name != Drive.systemName {
            let path = "\(drive.path)/\(name)"
            try attempt(path) {
                guard let bucket = try? BucketName(name), let status = try fileSystem.status(of: path) else {
                    return note(.foreign, path, "\(path) is no bucket")
                }
                switch status.kind {
                case .directory: try check(path, inBucket: bucket)
                case .file: note(.foreign, path, "\(path) is no bucket")
                case .other:
                    note(.unsupported, path, "\(path) is \(status.name), and not followed: it is no bucket")
                }
            }
        }
        // MinIO keeps what it knows of buckets and of itself as objects too, which are not the user's.
        isCounted = false
        for name in ["buckets", "config"] {
            let path = "\(drive.system)/\(name)"
            try attempt(path) {
                guard try drive.isDirectory(path) else { return }
                for child in try names(in: path) where child.first != "." || child == ".usage.json" {
                    try look("\(path)/\(child)", below: path, removesEmpty: false)
                }
            }
        }
        try attempt(drive.multipart) {
            if try drive.isDirectory(drive.multipart) { try checkUploads() }
        }
    }

    /// Does something about a path. What cannot be read is told, and does not keep the rest from being looked at.
    private func attempt(_ path: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as DurableIOError where error.isAbsence {
            // Removed meanwhile.
        } catch let error as DurableIOError {
            note(.unreadable, path, "\(error)")
        } catch let error as StoreError where error.code == .unsupportedFormat {
            note(.unsupported, path, error.message)
        } catch let error as StoreError {
            note(.damage, path, error.message)
        }
    }

    private func check(_ directory: String, inBucket bucket: BucketName) throws {
        try attempt(drive.configuration(of: bucket).directory) { _ = try store.configuration(of: bucket) }
        for name in try names(in: directory) {
            try look("\(directory)/\(name)", below: directory, removesEmpty: true)
        }
    }

    // MARK: Directories

    /// The names in a directory that may be of keys; the others are told. None where it has been removed meanwhile.
    private func names(in directory: String) throws -> [String] {
        do {
            let (names, foreign) = try fileSystem.listing(of: directory)
            for name in foreign {
                note(
                    .foreign, "\(directory)/\(name)",
                    "\(directory)/\(name) has a name that is no UTF-8, and so is none of the store's")
            }
            return names
        } catch let error as DurableIOError where error.isAbsence {
            return []
        }
    }

    /// Looks at what may be an object, a part of the way to others, or neither.
    private func look(_ path: String, below root: String, removesEmpty: Bool) throws {
        if options.isCancelled() { throw CancellationError() }
        try attempt(path) { try lookInside(path, below: root, removesEmpty: removesEmpty) }
    }

    private func lookInside(_ path: String, below root: String, removesEmpty: Bool) throws {
        guard let status = try fileSystem.status(of: path) else { return }
        guard status.kind == .directory else {
            return note(.foreign, path, "\(path) is \(status.name) of somebody else's")
        }
        let names = try names(in: path)
        let location = ObjectLocation(
            directory: path, root: root, name: String(path.dropFirst(drive.path.count + 1)))
        var dataDirectories: Set<String>? = []
        if names.contains(Drive.metadataName) { dataDirectories = try checkObject(at: location) }
        for name in names where name != Drive.metadataName {
            let child = "\(path)/\(name)"
            if UniqueID(name) != nil, try drive.isDataDirectory(child) {
                // Of damaged metadata it is not known what it refers to.
                guard let dataDirectories, !dataDirectories.contains(name) else { continue }
                // A put may have been under way between the two looks.
                guard (try? drive.orphans(in: path))?.contains(name) == true else { continue }
                note(.leftover, child, "\(child) is data that no version refers to") { [drive] in
                    try drive.locks.withLock(path) {
                        guard try drive.orphans(in: path).contains(name) else { return "not needed" }
                        try drive.quarantine([name], of: location, reason: "no version refers to it")
                        return "set aside"
                    }
                }
            } else {
                try look(child, below: root, removesEmpty: removesEmpty)
            }
        }
        if removesEmpty, try isEmpty(path) {
            note(.leftover, path, "\(path) is an empty directory") { [drive] in
                try drive.removeEmptyDirectories(from: path, below: root)
                return "removed"
            }
        }
    }

    private func isEmpty(_ directory: String) throws -> Bool {
        var isEmpty = true
        try fileSystem.forEachName(in: directory) { _, _ in isEmpty = false }
        return isEmpty
    }

    // MARK: Objects

    /// Checks all versions of an object.
    ///
    /// - Returns: the data directories that it refers to; `nil` where that is not known.
    private func checkObject(at location: ObjectLocation) throws -> Set<String>? {
        let path = "\(location.directory)/\(Drive.metadataName)"
        do {
            let meta = try XLMeta(
                reading: try drive.contents(of: path, max: Drive.metadataBytesMax), path: path)
            if isCounted { report.objects += 1 }
            var directories: Set<String> = []
            for version in meta.versions {
                if isCounted { report.versions += 1 }
                let content = try XLContent(reading: version.body, path: path)
                try check(version, content, in: meta, path)
                guard case .object(let object) = content else {
                    if case .legacy(let directory) = content { directories.insert(directory) }
                    continue
                }
                directories.insert(object.dataDirectory.description)
                try check(object, in: meta, at: location)
            }
            let names = Set(meta.versions.map { XLMeta.inlineName(of: $0.header.id) })
            for entry in meta.inlineData where !names.contains(entry.id) {
                note(.leftover, path, "\(path) has inline data of \(entry.id), which is no version")
            }
            if meta.trailingBytes > 0 {
                note(
                    .leftover, path,
                    "\(path) has \(meta.trailingBytes) bytes behind its inline data that mean nothing")
            }
            return directories
        } catch let error as DurableIOError where error.isAbsence {
            // Deleted meanwhile.
            return []
        } catch let error as StoreError where error.code == .corrupt {
            note(.damage, path, error.message) { [drive] in
                try drive.locks.withLock(location.directory) {
                    guard Self.isCorrupt(location, drive) else { return "not needed" }
                    try drive.quarantine(location, reason: error.message)
                    return "set aside, with its data"
                }
            }
            return nil
        } catch let error as StoreError {
            note(.unsupported, path, error.message)
            return nil
        } catch let error as DurableIOError {
            note(.unreadable, path, "\(error)")
            return nil
        }
    }

    private static func isCorrupt(_ location: ObjectLocation, _ drive: Drive) -> Bool {
        let path = "\(location.directory)/\(Drive.metadataName)"
        do {
            for version in try drive.metadata(in: location.directory)?.versions ?? [] {
                let content = try XLContent(reading: version.body, path: path)
                if case .legacy = content { continue }
                guard XLHeader(content).signature == version.header.signature else { return true }
            }
            return false
        } catch let error as StoreError {
            return error.code == .corrupt
        } catch {
            return false
        }
    }

    /// Checks that the header repeats what the body says.
    private func check(
        _ version: XLMeta.Version, _ content: XLContent, in meta: XLMeta, _ path: String
    ) throws {
        if case .legacy = content { return }
        var due = XLHeader(content)
        if case .object(let object) = content, object.isTransitioned {
            // By the time, which nobody wrote down, a copy that was restored may have been there or not.
            due.flags.formSymmetricDifference(
                due.flags.symmetricDifference(version.header.flags).intersection(.usesDataDirectory))
        }
        guard due.encoded(version: meta.headerVersion) == version.header.encoded(version: meta.headerVersion)
        else {
            throw StoreError(
                .corrupt,
                "\(path): the header of version \(version.header.id) is not what follows from its body: the file is damaged"
            )
        }
    }

    /// Checks the data of a version.
    private func check(_ object: XLObject, in meta: XLMeta, at location: ObjectLocation) throws {
        let info = ObjectInfo(object, key: location.name, isLatest: false)
        let name = "version \(info.version) of \(location.name)"
        do {
            let reader = try ObjectReader(
                drive, meta, object, info, at: location, range: 0..<object.byteCount)
            try drain(reader, info, name)
        } catch let error as StoreError where error.code == .unsupportedFormat {
            note(.unsupported, location.directory, "\(name): \(error.message)")
        } catch let error as StoreError {
            noteDamage(of: object, at: location, "\(name): \(error.message)")
        } catch let missing as MissingPart {
            // Where the object was replaced meanwhile, the part has gone with good reason.
            guard try store.isThere(object, at: location) else { return }
            noteDamage(of: object, at: location, "\(name): \(missing.path) is not there")
        } catch let error as DurableIOError {
            note(.unreadable, location.directory, "\(name): \(error)")
        }
    }

    private func noteDamage(of object: XLObject, at location: ObjectLocation, _ message: String) {
        note(.damage, location.directory, message) { [store] in
            try store.setAside(object, at: location, reason: message) ? "set aside" : "not needed"
        }
    }

    /// Reads all data, and compares its digests with those that are kept.
    private func drain(_ reader: ObjectReader, _ info: ObjectInfo, _ name: String) throws {
        let isMD5 = options.digests && info.etag.utf8.count == 32
        var md5 = isMD5 ? MD5() : nil
        let checksum = options.digests && info.checksum?.compositeParts == nil ? info.checksum : nil
        var running = checksum.map { RunningChecksum($0.algorithm) }
        while let piece = try reader.next() {
            if options.isCancelled() { throw CancellationError() }
            md5?.update(piece)
            running?.update(piece)
            if isCounted { report.bytes += piece.count }
            options.progress(report.bytes)
        }
        if let digest = md5?.finalize().hexadecimal, digest != info.etag {
            throw StoreError(.corrupt, "its data has MD5 \(digest), not \(info.etag)")
        }
        if let checksum, let bytes = running?.bytes, bytes != checksum.bytes {
            throw StoreError(
                .corrupt,
                "its data has \(checksum.algorithm.rawValue) \(bytes.hexadecimal), not \(checksum.bytes.hexadecimal)"
            )
        }
    }

    // MARK: Uploads

    private func checkUploads() throws {
        for hash in try names(in: drive.multipart) {
            let target = "\(drive.multipart)/\(hash)"
            guard try fileSystem.status(of: target)?.kind == .directory else {
                note(.foreign, target, "\(target) is no directory of uploads")
                continue
            }
            try attempt(target) {
                for name in try names(in: target) {
                    let directory = "\(target)/\(name)"
                    try attempt(directory) {
                        guard let object = try drive.soleObject(in: directory)?.object else { return }
                        try checkParts("\(directory)/\(object.dataDirectory)")
                    }
                }
            }
        }
    }

    private func checkParts(_ directory: String) throws {
        guard try drive.isDirectory(directory) else { return }
        for name in try names(in: directory) where name.hasSuffix(".meta") {
            try attempt("\(directory)/\(name)") { try checkPart("\(directory)/\(name)", in: directory) }
        }
    }

    private func checkPart(_ metadata: String, in directory: String) throws {
        let part = try UploadedPart(reading: try drive.contents(of: metadata), path: metadata)
        let path = "\(directory)/part.\(part.number)"
        guard try fileSystem.status(of: path) != nil else {
            return note(.damage, path, "\(path) is not there")
        }
        let file = try drive.open(path)
        try BitrotStream.check(byteCount: try file.size(), dataBytes: part.byteCount, place: path)
        var position = 0
        while case let frame = try file.read(at: position, count: BitrotStream.frameBytes), !frame.isEmpty {
            try frame.withUnsafeBytes { try BitrotStream.check($0, place: path, position: position) }
            position += frame.count
            report.bytes += frame.count - HighwayHash.byteCount
        }
        report.uploadedParts += 1
    }

    // MARK: Findings

    private func note(
        _ severity: VerifyReport.Finding.Severity, _ path: String, _ message: String,
        repair: (() throws -> String)? = nil
    ) {
        var finding = VerifyReport.Finding(severity: severity, path: path, message: message)
        if options.repairs, let repair {
            do { finding.repair = try repair() } catch { finding.repair = "could not be repaired: \(error)" }
        }
        report.findings.append(finding)
    }
}

extension ObjectStore {
    /// Whether a version is still the one that was read: it may have been replaced by another with the same id.
    func isThere(_ object: XLObject, at location: ObjectLocation) throws -> Bool {
        guard let now = try drive.metadata(in: location.directory)?.version(object.id),
            case .object(let current) = try XLContent(reading: now.body, path: location.directory)
        else { return false }
        return current.dataDirectory == object.dataDirectory
            && current.modifiedNanoseconds == object.modifiedNanoseconds
    }

    /// Sets a version aside: its data and a copy of the object's metadata go to the quarantine, and the others stay.
    ///
    /// - Returns: whether it was; not where it has been replaced since.
    func setAside(_ object: XLObject, at location: ObjectLocation, reason: String) throws -> Bool {
        try drive.locks.withLock(location.directory) {
            guard try isThere(object, at: location), var meta = try drive.metadata(in: location.directory)
            else {
                return false
            }
            guard meta.versions.count > 1 else {
                try drive.quarantine(location, reason: reason)
                return true
            }
            let obsolete = dataDirectory(of: object.id, in: meta)
            let there = try obsolete.filter {
                try fileSystem.status(of: "\(location.directory)/\($0)")?.kind == .directory
            }
            meta.remove(object.id)
            try drive.quarantineCopy(of: location, reason: reason)
            try rewrite(meta, obsolete: [], at: location)
            try drive.quarantine(Array(there), of: location, reason: reason)
            return true
        }
    }
}
