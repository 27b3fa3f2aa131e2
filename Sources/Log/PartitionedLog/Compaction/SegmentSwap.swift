import DurableIO

/// Puts a new segment in the place of old ones, so that a crash at any moment leaves the old or the new:
///
/// 1. the new segment is written as `NNN.log.cleaned` and waited for,
/// 2. it is renamed to `NNN.log.swap`: from here on it counts, and a start after a crash goes on from here,
/// 3. the old segments are removed,
/// 4. it is renamed to `NNN.log`.
///
/// The names are those of Kafka's log cleaner, whose interrupted work is finished by the same rules.
struct SegmentSwap {
    private let directory: String
    private let fileSystem: FileSystem

    init(_ directory: String, _ fileSystem: FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    static func cleanedPath(_ paths: SegmentPaths) -> String { paths.log + ".cleaned" }

    /// Steps 2 to 4. The indexes of the new segment are the caller's to write.
    func replace(_ old: [SegmentPaths], with new: SegmentPaths) throws {
        try fileSystem.rename(Self.cleanedPath(new), to: new.log + ".swap")
        try fileSystem.syncDirectory(directory)
        for paths in old { try remove(paths) }
        try fileSystem.rename(new.log + ".swap", to: new.log)
        try fileSystem.syncDirectory(directory)
    }

    private func remove(_ paths: SegmentPaths) throws {
        for path in [paths.log] + paths.indexes { try fileSystem.removeFile(path) }
    }

    /// Drops what was not finished, and finishes what counts already.
    func finishInterrupted() throws {
        let names = try fileSystem.list(directory)
        for name in names where name.hasSuffix(".cleaned") {
            try fileSystem.removeFile("\(directory)/\(name)")
        }
        for name in names where name.hasSuffix(".swap") {
            guard let base = SegmentPaths.baseOffset(name, suffix: ".log.swap") else {
                // An index is made anew where it is missing.
                try fileSystem.removeFile("\(directory)/\(name)")
                continue
            }
            let swap = try fileSystem.open("\(directory)/\(name)", .read)
            let reader = BatchFileReader(swap, to: try swap.size())
            var end = base
            while let batch = try reader.next() { end = batch.header.lastOffset + 1 }
            let covered = names.compactMap { SegmentPaths.baseOffset($0, suffix: ".log") }
                .filter { $0 >= base && $0 < max(end, base + 1) }
            for old in covered { try remove(SegmentPaths(directory, old)) }
            try fileSystem.rename("\(directory)/\(name)", to: SegmentPaths(directory, base).log)
            try fileSystem.syncDirectory(directory)
        }
    }
}
