/// The arguments as they came, before Swift makes texts of them.
enum CommandLineBytes {
    /// Refuses arguments that are no UTF-8: as texts they would be other keys and other files than those that were
    /// meant.
    static func requireText() throws {
        let arguments = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
        for (index, argument) in arguments.enumerated() {
            guard let argument, String(validatingCString: argument) == nil else { continue }
            throw Failure(
                .usage,
                "argument \(index) is no UTF-8: '\(escaped(argument))'; keys are UTF-8, and files are named here only so; "
                    + "rename the file, or set the terminal to UTF-8")
        }
    }

    /// With the bytes outside of ASCII as `\xFF`.
    private static func escaped(_ text: UnsafePointer<CChar>) -> String {
        var escaped = ""
        var next = text
        while next.pointee != 0 {
            let byte = UInt8(bitPattern: next.pointee)
            escaped +=
                (0x20..<0x7F).contains(byte)
                ? String(UnicodeScalar(byte))
                : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            next += 1
        }
        return escaped
    }
}
