import DurableIO

extension Drive {
    /// Sets an object aside that cannot be read: moves its xl.meta and data directories to
    /// `.minio.sys/quarantine/<id>/<bucket>/<key>`, with the reason beside them. Objects below its key stay. Call
    /// with the key's lock held.
    func quarantine(_ location: ObjectLocation, reason: String) throws {
        let names = try fileSystem.list(location.directory).filter { name in
            let path = "\(location.directory)/\(name)"
            if name == Self.metadataName || name == "\(Self.metadataName).bkp" {
                return try fileSystem.status(of: path)?.kind != .directory
            }
            return try UniqueID(name) != nil && isDataDirectory(path)
        }
        try quarantine(names, of: location, reason: reason)
    }

    /// Keeps a copy of an object's metadata, before a version of it is set aside.
    func quarantineCopy(of location: ObjectLocation, reason: String) throws {
        let directory = try makeQuarantine(for: location, reason: reason)
        let metadata = try contents(
            of: "\(location.directory)/\(Self.metadataName)", max: Self.metadataBytesMax)
        try write(metadata, to: "\(directory)/\(Self.metadataName)")
        try syncDirectory(directory)
    }

    private func makeQuarantine(for location: ObjectLocation, reason: String) throws -> String {
        let place = "\(quarantine)/\(UniqueID.random())"
        let directory = place + location.directory.dropFirst(path.count)
        try requireDirectories(to: quarantine)
        try fileSystem.createDirectory(directory)
        try write(Array("\(reason)\n".utf8), to: "\(place)/reason.txt")
        return directory
    }

    /// Sets files and directories of an object aside.
    func quarantine(_ names: [String], of location: ObjectLocation, reason: String) throws {
        guard !names.isEmpty else { return }
        try requireDirectories(to: location.directory)
        let directory = try makeQuarantine(for: location, reason: reason)
        // The metadata last: as long as it is there, another attempt finds the rest.
        for name in names.filter({ $0 != Self.metadataName }) + names.filter({ $0 == Self.metadataName }) {
            try fileSystem.rename("\(location.directory)/\(name)", to: "\(directory)/\(name)")
        }
        try syncDirectory(directory)
        try syncDirectory(location.directory)
        try removeEmptyDirectories(from: location.directory, below: location.root)
    }
}
