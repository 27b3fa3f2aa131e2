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
    private let entries = Mutex<[String: (entry: Entry, users: Int)]>([:])
    private let durable = Mutex<Set<String>>([])

    init(_ fileSystem: FileSystem) {
        self.fileSystem = fileSystem
    }

    /// Waits until the names that are in a directory now are on the disk.
    func sync(_ path: String) throws {
        let entry = entries.withLock { entries in
            let known = entries[path]
            let entry = known?.entry ?? Entry()
            entries[path] = (entry, (known?.users ?? 0) + 1)
            return entry
        }
        defer {
            entries.withLock { entries in
                guard let users = entries[path]?.users else { return }
                entries[path] = users > 1 ? (entry, users - 1) : nil
            }
        }
        let ticket = entry.requests.add(1, ordering: .acquiringAndReleasing).newValue
        try entry.served.withLock { served in
            // Whoever had the lock meanwhile may have begun after this one asked.
            guard served < ticket else { return }
            let asked = entry.requests.load(ordering: .acquiring)
            try fileSystem.syncDirectory(path)
            served = asked
        }
    }

    /// Waits until the name of a directory, and those of the directories it lies in up to `root`, are on the
    /// disk: another writer, or a process that died, may have made them a moment ago.
    func makeDurable(_ path: String, below root: String) throws {
        var path = path
        while path.utf8.count > root.utf8.count, !(durable.withLock { $0.contains(path) }) {
            let parent = FileSystem.parent(of: path)
            try sync(parent)
            noteDurable(path)
            path = parent
        }
    }

    /// Takes note that a directory's name is on the disk.
    func noteDurable(_ path: String) {
        durable.withLock { durable in
            if durable.count >= Self.durableMax { durable.removeAll() }
            durable.insert(path)
        }
    }

    /// Forgets a directory, before it is removed or made.
    func forget(_ path: String) {
        durable.withLock { _ = $0.remove(path) }
    }
}
