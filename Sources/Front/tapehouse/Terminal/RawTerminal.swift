#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import Synchronization

/// The terminal of the prompt, which gives every key as it is typed.
enum RawTerminal {
    private static let isResized = Atomic<Bool>(false)

    /// Runs `body` while the terminal gives keys at once and shows none of them itself; `nil` where there is
    /// no terminal.
    static func run<Result>(_ body: () -> Result) -> Result? {
        StandardOutput.shared.flush()
        var saved = termios()
        guard tcgetattr(STDIN_FILENO, &saved) == 0 else { return nil }
        var raw = saved
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
        isResized.store(false, ordering: .relaxed)
        // Without SA_RESTART, so that waiting for a key ends.
        var noting = sigaction()
        let handler: @convention(c) (Int32) -> Void = { _ in
            RawTerminal.isResized.store(true, ordering: .relaxed)
        }
        #if canImport(Darwin)
            noting.__sigaction_u.__sa_handler = handler
        #else
            noting.__sigaction_handler.sa_handler = handler
        #endif
        var before = sigaction()
        sigaction(SIGWINCH, &noting, &before)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        defer {
            tcsetattr(STDIN_FILENO, TCSADRAIN, &saved)
            sigaction(SIGWINCH, &before, nil)
        }
        return body()
    }

    /// Waits for what is typed.
    static func next() -> KeyReader.Input {
        var byte: UInt8 = 0
        while true {
            if isResized.exchange(false, ordering: .relaxed) { return .resized }
            let count = read(STDIN_FILENO, &byte, 1)
            if count == 1 { return .byte(byte) }
            if count < 0, errno == EINTR { continue }
            return .end
        }
    }
}
