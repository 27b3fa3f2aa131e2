#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import JSON
import Synchronization

/// The process's environment.
enum Environment {
    static subscript(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}

/// What is known of the terminal.
enum Terminal {
    static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isError: Bool { isatty(STDERR_FILENO) == 1 }
    static var isInput: Bool { isatty(STDIN_FILENO) == 1 }
    static var usesColor: Bool { isOutput && Environment["NO_COLOR"] == nil && Environment["TERM"] != "dumb" }

    /// The width in columns.
    static var width: Int { size.columns }

    /// Columns and rows, 80 by 24 where they are not known.
    static var size: EditorScreen.Size {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return EditorScreen.Size(columns: 80, rows: 24)
        }
        return EditorScreen.Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}

/// Ctrl-C and SIGTERM: noted, so that the work ends between two steps. A second one ends the process at once.
enum Interruption {
    private static let noted = Atomic<Bool>(false)

    static var isRequested: Bool { noted.load(ordering: .relaxed) }

    /// Forgets an interruption, for a prompt that goes on.
    static func clear() { noted.store(false, ordering: .relaxed) }

    static func install() {
        clear()
        var action = sigaction()
        let handler: @convention(c) (Int32) -> Void = { number in
            if Interruption.noted.exchange(true, ordering: .relaxed) { _exit(128 + number) }
        }
        #if canImport(Darwin)
            action.__sigaction_u.__sa_handler = handler
        #else
            action.__sigaction_handler.sa_handler = handler
        #endif
        // Without SA_RESTART, so that waiting for input ends.
        for number in [SIGINT, SIGTERM] { sigaction(number, &action, nil) }
    }
}

/// Standard output with a buffer of its own.
final class StandardOutput: Sendable {
    static let shared = StandardOutput()
    private static let bufferBytes = 64 << 10
    private let buffer = Mutex<[UInt8]>([])

    func write(_ text: String) {
        write(bytes: text.utf8)
    }

    func writeLine(_ text: String = "") {
        write(bytes: text.utf8)
        write(bytes: CollectionOfOne(UInt8(ascii: "\n")))
    }

    func write(bytes: some Sequence<UInt8>) {
        buffer.withLock { buffer in
            buffer.append(contentsOf: bytes)
            if buffer.count >= Self.bufferBytes { Self.drain(&buffer) }
        }
    }

    /// Writes what a command has to say with `--json`: an object a line.
    func writeJSON(_ objects: [OrderedJSON]) {
        for object in objects { writeLine(object.text) }
    }

    func flush() {
        buffer.withLock { Self.drain(&$0) }
    }

    private static func drain(_ buffer: inout [UInt8]) {
        writeAll(buffer, to: STDOUT_FILENO)
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Standard error, unbuffered.
enum StandardError {
    static func write(_ text: String) {
        writeAll(Array(text.utf8), to: STDERR_FILENO)
    }

    static func writeLine(_ text: String) {
        write(text + "\n")
    }
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
    bytes.withUnsafeBytes { bytes in
        var done = 0
        while done < bytes.count {
            #if canImport(Glibc)
                let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            #elseif canImport(Musl)
                let count = Musl.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            #else
                let count = Darwin.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            #endif
            if count < 0, errno == EINTR { continue }
            if count < 0 {
                // Nobody reads any more, or the disk behind the redirection is full: say so and stop.
                if descriptor == STDOUT_FILENO, errno != EPIPE {
                    StandardError.writeLine(
                        "tapehouse: cannot write to standard output: \(String(cString: strerror(errno)))")
                }
                _exit(74)
            }
            done += count
        }
    }
}
