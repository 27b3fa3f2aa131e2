#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What has been typed at the prompt, kept in a file.
///
/// An entry is a line of the file; further lines of the same entry have a tab before them. Entries are
/// appended, each by one write, and the file is never written anew: prompts that run side by side keep each
/// other's entries, and what is no regular file is left as it is.
struct History {
    /// The oldest first.
    private(set) var entries: [String] = []

    private let path: String?
    /// So many entries are offered, of so many bytes at the end of the file.
    private static let entriesMax = 1000
    private static let bytesMax = 1 << 20

    /// Reads the history in a file; one that cannot be read, or is no regular file, is none.
    init(path: String?) {
        self.path = path
        guard let path, let bytes = Self.end(of: path) else { return }
        entries = Self.entries(in: String(decoding: bytes, as: UTF8.self)).suffix(Self.entriesMax)
    }

    /// Adds an entry, to the file too. That it cannot be written there must not disturb the work.
    mutating func add(_ text: String) {
        let entry = String(text.drop(while: \.isWhitespace))
        guard !entry.isEmpty, entry != entries.last else { return }
        entries = (entries + [entry]).suffix(Self.entriesMax)
        if let path { Self.append(entry.replacing("\n", with: "\n\t") + "\n", to: path) }
    }

    static func entries(in text: String) -> [String] {
        text.split(separator: "\n").reduce(into: []) { entries, line in
            if line.first == "\t", let last = entries.indices.last {
                entries[last] += "\n" + line.dropFirst()
            } else {
                entries.append(String(line))
            }
        }
    }

    // MARK: The file

    private static func end(of path: String) -> [UInt8]? {
        guard isRegularOrMissing(path) else { return nil }
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard let size = regularSize(descriptor) else { return nil }
        let start = max(0, size - bytesMax)
        var bytes = [UInt8](repeating: 0, count: size - start)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(start)) }
        guard count >= 0 else { return nil }
        bytes.removeSubrange(count...)
        // The first line of a part of the file may be the end of one.
        return start == 0 ? bytes : Array(bytes.drop { $0 != UInt8(ascii: "\n") })
    }

    private static func append(_ text: String, to path: String) {
        guard isRegularOrMissing(path) else { return }
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
        let descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // Something else may have taken the name since it was looked at.
        guard regularSize(descriptor) != nil else { return }
        _ = fchmod(descriptor, 0o600)
        var text = text
        _ = text.withUTF8 { write(descriptor, $0.baseAddress, $0.count) }
    }

    /// Opening a device can do something by itself, so one is not even opened.
    private static func isRegularOrMissing(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    }

    private static func regularSize(_ descriptor: Int32) -> Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }
}
