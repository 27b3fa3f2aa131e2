import DurableIO
import Synchronization

/// Something for each name, there as long as somebody uses it.
final class NamedEntries<Entry: AnyObject & Sendable>: Sendable {
    private let make: @Sendable () -> Entry
    private let entries = Mutex<[ExactString: (entry: Entry, users: Int)]>([:])

    init(_ make: @escaping @Sendable () -> Entry) {
        self.make = make
    }

    /// Does `body` with what is there for a name.
    func with<Result>(_ name: String, _ body: (Entry) throws -> Result) rethrows -> Result {
        let name = ExactString(name)
        let entry = entries.withLock { entries in
            let known = entries[name]
            let entry = known?.entry ?? make()
            entries[name] = (entry, (known?.users ?? 0) + 1)
            return entry
        }
        defer {
            entries.withLock { entries in
                guard let users = entries[name]?.users else { return }
                entries[name] = users > 1 ? (entry, users - 1) : nil
            }
        }
        return try body(entry)
    }
}

/// A lock for each name.
final class NamedLocks: Sendable {
    private final class Lock: Sendable {
        let mutex = Mutex(())
    }

    private let locks = NamedEntries { Lock() }

    /// Does `body` while nobody else does something under the same name.
    func withLock<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        try locks.with(name) { lock in
            // A mutex passes on only what nobody else holds; what `body` makes need not be such.
            var result: Result?
            try lock.mutex.withLock { _ in result = try body() }
            guard let result else { preconditionFailure("a closure that has returned has made its result") }
            return result
        }
    }
}
