import Logging

/// Prints log messages to standard error as `tapehouse: level: message`.
struct ConsoleLogHandler: LogHandler {
    var logLevel = Logger.Level.notice
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        StandardError.writeLine("tapehouse: \(event.level): \(event.message)")
    }

    /// A logger that prints.
    static var logger: Logger {
        Logger(label: "tapehouse", factory: { _ in ConsoleLogHandler() })
    }
}
