import DurableIO
import Synchronization

/// Waits until names in directories are on the disk, one wait for all who want the same directory meanwhile
/// (group commit); and knows which directories' own names are.
final class DirectorySyncs: Sendable {
    private final class Entry: Sendable {
        /// How many have asked.
        let requests = Atomic<Int>(0)
        /// How many of them a finished sync has served.
        let served = Mutex(0)
    }

    private static let durableMax = 1 << 16

    private let fileSystem: FileSystem
    private let entries = NamedEntries { Entry() }
    private let durable = Mutex(Durable())

    private struct Durable {
        var directories: Set<ExactString> = []
        /// How often something was forgotten: what was found to be durable before may be gone.
        var generation = 0
    }

    init(_ fileSystem: FileSystem) {
        self.fileSystem = fileSystem
    }

    /// Waits until the names that are in a directory now are on the disk.
    func sync(_ path: String) throws {
        try entries.with(path) { entry in
            let ticket = entry.requests.add(1, ordering: .acquiringAndReleasing).newValue
            try entry.served.withLock { served in
                // Whoever had the lock meanwhile may have begun after this one asked.
                guard served < ticket else { return }
                let asked = entry.requests.load(ordering: .acquiring)
                try fileSystem.syncDirectory(path)
                served = asked
            }
        }
    }

    /// Waits until the name of a directory, and those of the directories it lies in up to `root`, are on the
    /// disk: another writer, or a process that died, may have made them a moment ago.
    func makeDurable(_ path: String, below root: String) throws {
        var path = path
        while path.utf8.count > root.utf8.count {
            let name = ExactString(path)
            let (isDurable, generation) = durable.withLock { ($0.directories.contains(name), $0.generation) }
            guard !isDurable else { return }
            let parent = FileSystem.parent(of: path)
            try sync(parent)
            noteDurable(path, since: generation)
            path = parent
        }
    }

    /// What `noteDurable` is to be told, taken before the sync.
    var generation: Int { durable.withLock(\.generation) }

    /// Takes note that a directory's name is on the disk, unless something was forgotten since.
    func noteDurable(_ path: String, since generation: Int) {
        durable.withLock { durable in
            guard durable.generation == generation else { return }
            if durable.directories.count >= Self.durableMax { durable.directories.removeAll() }
            durable.directories.insert(ExactString(path))
        }
    }

    /// Forgets a directory, before it is made.
    func forget(_ path: String) {
        durable.withLock { _ = $0.directories.remove(ExactString(path)) }
    }

    /// Forgets a directory, before it is removed: whoever finds it durable at this moment must not say so later.
    func willRemove(_ path: String) {
        durable.withLock { durable in
            durable.generation += 1
            durable.directories.remove(ExactString(path))
        }
    }
}
