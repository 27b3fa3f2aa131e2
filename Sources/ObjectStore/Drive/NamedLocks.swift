import DurableIO
import Synchronization

/// A lock for each name, there as long as somebody uses it.
final class NamedLocks: Sendable {
    private final class Entry: Sendable {
        let lock = Mutex(())
    }

    private let entries = Mutex<[ExactString: (entry: Entry, users: Int)]>([:])

    /// Does `body` while nobody else does something under the same name.
    func withLock<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        let name = ExactString(name)
        let entry = entries.withLock { entries in
            let known = entries[name]
            let entry = known?.entry ?? Entry()
            entries[name] = (entry, (known?.users ?? 0) + 1)
            return entry
        }
        defer {
            entries.withLock { entries in
                guard let users = entries[name]?.users else { return }
                entries[name] = users > 1 ? (entry, users - 1) : nil
            }
        }
        // A mutex passes on only what nobody else holds; what `body` makes need not be such.
        var result: Result?
        try entry.lock.withLock { _ in result = try body() }
        guard let result else { preconditionFailure("a closure that has returned has made its result") }
        return result
    }
}
