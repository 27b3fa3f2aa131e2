#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import Synchronization

/// A plan of failures for a `FileSystem`, so that tests can fail each write in turn.
///
/// Operations that change the disk (write, sync, truncate, rename, remove, create) are numbered from 0 in the
/// order they happen. Thread-safe.
public final class FaultPlan: Sendable {
    /// What happens when the chosen operation is reached.
    public enum Fault: Sendable, Equatable {
        /// That operation alone fails with this error number; later ones work.
        case fail(errno: Int32)
        /// The process is taken to have died inside that operation: a write leaves only its first half
        /// behind, and that and every later operation fails.
        case crash
        /// The disk is full from that operation on: what needs space fails, what gives some back works.
        case full
    }

    /// A change of the disk that was carried out.
    public enum Operation: Sendable, Equatable {
        /// A file was opened that may have been made by it.
        case create(String)
        /// Bytes were written to a file, or it was cut.
        case write(String)
        /// A file's bytes were waited for.
        case sync(String)
        /// A directory was made.
        case makeDirectory(String)
        /// A name was moved.
        case rename(String, to: String)
        /// A file or a directory was removed.
        case remove(String)
        /// A file got a second name.
        case link(String, to: String)
        /// The names in a directory were waited for.
        case syncDirectory(String)
    }

    private struct State {
        var trace: [Operation] = []
        var performed = 0
        var crashed = false
    }

    private let target: Int
    private let fault: Fault
    private let unreadable: (path: String, errno: Int32)?
    private let state = Mutex(State())

    /// Plans `fault` for operation number `operation`; a number never reached plans nothing, and only counts.
    public init(operation: Int, fault: Fault) {
        self.target = operation
        self.fault = fault
        unreadable = nil
    }

    /// Plans that whatever reads the file or the directory whose path ends so fails with this error number.
    public init(unreadable path: String, errno: Int32) {
        target = .max
        fault = .crash
        unreadable = (path, errno)
    }

    /// How many operations have been started.
    public var operationsPerformed: Int { state.withLock { $0.performed } }

    /// The changes that were carried out, in their order: what a power cut leaves of them is for tests to work out.
    public var trace: [Operation] { state.withLock { $0.trace } }

    package func note(_ operation: Operation) { state.withLock { $0.trace.append(operation) } }

    /// The error that reading a file or a directory is to fail with.
    func check(reading path: String) throws {
        guard let unreadable, path.hasSuffix(unreadable.path) else { return }
        throw DurableIOError.system("read", path: path, errno: unreadable.errno)
    }

    /// Counts an operation that writes `length` bytes, and says how many of them may reach the disk.
    ///
    /// - Parameter needsSpace: whether a full disk keeps it from being carried out.
    /// - Returns: `nil` where the operation goes ahead; otherwise the number of bytes to write before
    ///   failing, and the error number.
    func admit(length: Int, needsSpace: Bool) -> (torn: Int, errno: Int32)? {
        state.withLock { state in
            let number = state.performed
            state.performed += 1
            if state.crashed { return (0, EIO) }
            if fault == .full { return number >= target && needsSpace ? (0, ENOSPC) : nil }
            guard number == target else { return nil }
            switch fault {
            case .full: return nil
            case .fail(let errno): return (0, errno)
            case .crash:
                state.crashed = true
                return (length / 2, EIO)
            }
        }
    }
}
