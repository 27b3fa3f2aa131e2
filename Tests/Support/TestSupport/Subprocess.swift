import DurableIO

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A variable of the environment; `nil` where it is not set or empty.
public func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
}

/// Writes to standard error at once, whatever becomes of the process then.
public func writeError(_ text: String) {
    var text = text
    text.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
}

/// A program that runs, with its output in files.
public final class Subprocess {
    /// What came of a program that ended.
    public struct Outcome: Sendable {
        /// The exit code; 128 + the signal where one ended it.
        public let status: Int32
        /// Standard output.
        public let output: String
        /// Standard error.
        public let errors: String
    }

    private let process: pid_t
    private let directory: TemporaryDirectory

    /// The path of the `tapehouse` that was built with these tests.
    public static let tapehouse: String = {
        // The test bundle stands beside the executables of the same build.
        var path = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        if !path.hasPrefix("/"), let resolved = realpath(path, nil) { path = String(cString: resolved) }
        while path != "/" {
            path = FileSystem.parent(of: path)
            if access("\(path)/tapehouse", X_OK) == 0 { return "\(path)/tapehouse" }
        }
        return "\(ProjectFiles.root)/.build/debug/tapehouse"
    }()

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: the program's path and its arguments.
    ///   - input: the file that is its standard input.
    ///   - fileBytesMax: the largest file that it may write, as a full disk would have it.
    public init(
        _ arguments: [String], input: String = "/dev/null", fileBytesMax: Int? = nil,
        environment extra: [String] = []
    ) throws {
        directory = try TemporaryDirectory()
        var words = arguments
        if let fileBytesMax {
            let blocks = (fileBytesMax + 511) / 512
            words = ["/bin/sh", "-c", "trap '' XFSZ; ulimit -f \(blocks); exec \"$@\"", "sh"] + arguments
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(
            &actions, 1, directory.file("out"), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(
            &actions, 2, directory.file("err"), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        // The threads of a test runner block signals, which a new process would inherit.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = []
        var cursor = environ
        while let entry = cursor.pointee {
            envp.append(strdup(entry))
            cursor += 1
        }
        envp += extra.map { strdup($0) } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var process: pid_t = 0
        let result = posix_spawn(&process, words[0], &actions, &attributes, &argv, &envp)
        guard result == 0 else {
            throw DurableIOError(
                code: .notFound, message: "cannot start \(words[0]): \(String(cString: strerror(result)))")
        }
        self.process = process
    }

    /// Sends a signal, SIGKILL (9) unless another is named.
    public func kill(_ signal: Int32 = 9) {
        #if canImport(Glibc)
            _ = Glibc.kill(process, signal)
        #elseif canImport(Musl)
            _ = Musl.kill(process, signal)
        #else
            _ = Darwin.kill(process, signal)
        #endif
    }

    /// Waits for the program's end, and ends it where that takes more than five minutes.
    public func wait() throws -> Outcome {
        var status: Int32 = 0
        let deadline = ContinuousClock.now + .seconds(300)
        while waitpid(process, &status, WNOHANG) == 0 {
            if ContinuousClock.now > deadline { kill() }
            WallClock.sleep(.milliseconds(2))
        }
        let signal = status & 0x7F
        let text = { (name: String) in
            String(decoding: try FileSystem.local.contents(of: self.directory.file(name)), as: UTF8.self)
        }
        return Outcome(
            status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: try text("out"),
            errors: try text("err"))
    }

    /// Runs `tapehouse` with arguments to its end.
    public static func run(
        _ arguments: [String], input: String = "/dev/null", fileBytesMax: Int? = nil,
        environment: [String] = []
    ) throws -> Outcome {
        try Subprocess(
            [tapehouse] + arguments, input: input, fileBytesMax: fileBytesMax, environment: environment
        ).wait()
    }
}
