internal import Synchronization

/// Segments lately read, up to a number of bytes. May be shared between threads, and between connections to
/// one file.
package final class SegmentCache: Sendable {
    /// Identifiers come again after a rollback, with other bytes and so another checksum.
    struct Key: Hashable, Sendable {
        var segment: Int64
        var checksum: UInt32
        var byteCount: Int
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var byteCount = 0
        // A ring through all entries, beginning with the one last used.
        var head: Entry?
    }

    /// An entry and its neighbours in the order of use; touched under the mutex alone.
    private final class Entry: @unchecked Sendable {
        let key: Key
        let reader: SegmentReader
        unowned(unsafe) var before: Entry?
        unowned(unsafe) var after: Entry?

        init(_ key: Key, _ reader: SegmentReader) {
            self.key = key
            self.reader = reader
        }
    }

    private let bytesMax: Int
    private let state = Mutex(State())

    package init(bytesMax: Int = 128 << 20) {
        self.bytesMax = bytesMax
    }

    /// The bytes held.
    package var byteCount: Int { state.withLock { $0.byteCount } }

    func reader(_ key: Key) -> SegmentReader? {
        state.withLock { state in
            guard let entry = state.entries[key] else { return nil }
            if state.head !== entry {
                Self.unlink(entry, &state)
                Self.link(entry, &state)
            }
            return entry.reader
        }
    }

    func insert(_ reader: SegmentReader, _ key: Key) {
        state.withLock { state in
            guard state.entries[key] == nil, reader.byteCount <= bytesMax else { return }
            let entry = Entry(key, reader)
            state.entries[key] = entry
            state.byteCount += reader.byteCount
            Self.link(entry, &state)
            while state.byteCount > bytesMax, let last = state.head?.before, last !== entry {
                Self.unlink(last, &state)
                state.byteCount -= last.reader.byteCount
                state.entries[last.key] = nil
            }
        }
    }

    private static func link(_ entry: Entry, _ state: inout State) {
        if let head = state.head, let last = head.before {
            entry.after = head
            entry.before = last
            last.after = entry
            head.before = entry
        } else {
            entry.before = entry
            entry.after = entry
        }
        state.head = entry
    }

    private static func unlink(_ entry: Entry, _ state: inout State) {
        if entry.after === entry {
            state.head = nil
        } else {
            entry.before?.after = entry.after
            entry.after?.before = entry.before
            if state.head === entry { state.head = entry.after }
        }
    }
}
