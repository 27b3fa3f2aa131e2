#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What went wrong with a file, a directory or a compressed stream: a code to branch on and a sentence to
/// print.
public struct DurableIOError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure. New kinds may be added, so switch over it with a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String

        /// The name of the code, for logs.
        public var description: String { name }

        /// Nothing has this path.
        public static let notFound = Code(name: "not found")
        /// The user may not do this.
        public static let permissionDenied = Code(name: "permission denied")
        /// The disk, the quota or the file size limit is exhausted.
        public static let noSpace = Code(name: "no space")
        /// A directory stands where a file is needed.
        public static let isDirectory = Code(name: "is a directory")
        /// A file stands where a directory is needed.
        public static let notDirectory = Code(name: "not a directory")
        /// A link, a pipe, a socket or a device stands where a file or a directory is needed.
        public static let wrongKind = Code(name: "wrong kind of file")
        /// The path is taken already.
        public static let alreadyExists = Code(name: "already exists")
        /// Another process, or another part of this one, holds the lock.
        public static let locked = Code(name: "locked")
        /// The bytes are not what their format or their checksum says.
        public static let corrupt = Code(name: "corrupt")
        /// The data ends before its format does.
        public static let truncated = Code(name: "truncated")
        /// A signal came while waiting; the call can be repeated.
        public static let interrupted = Code(name: "interrupted")
        /// Any other failure of the operating system.
        public static let inputOutput = Code(name: "input/output error")
    }

    /// The kind of failure.
    public let code: Code
    /// What was tried, on which path, and why it failed.
    public let message: String
    /// The path, where one was concerned.
    public let path: String?
    /// The operating system's error number, where it gave one.
    public let errno: Int32?

    /// Makes an error.
    public init(code: Code, message: String, path: String? = nil, errno: Int32? = nil) {
        self.code = code
        self.message = message
        self.path = path
        self.errno = errno
    }

    /// The message.
    public var description: String { message }

    /// The error for a failed system call.
    static func system(_ action: String, path: String, errno number: Int32) -> DurableIOError {
        let code: Code
        var advice = ""
        switch number {
        case ENOENT: code = .notFound
        case EACCES, EPERM, EROFS:
            code = .permissionDenied
            advice = "; check the owner and mode of the path, or choose another"
        case ENOSPC, EDQUOT, EFBIG:
            code = .noSpace
            advice = "; free some space and run the same command again"
        case EISDIR: code = .isDirectory
        case ENOTDIR: code = .notDirectory
        case EEXIST, ENOTEMPTY: code = .alreadyExists
        case EINTR: code = .interrupted
        default: code = .inputOutput
        }
        return DurableIOError(
            code: code, message: "cannot \(action) \(path): \(String(cString: strerror(number)))\(advice)",
            path: path, errno: number)
    }
}
