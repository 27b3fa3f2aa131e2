import ArgumentParser
import DurableIO
import MarketData
import PartitionedLog

struct LogProduceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "produce",
        abstract: "Append lines of standard input or of files as records.",
        discussion: """
            A line is a value; with -K what is before the delimiter is the key, which decides the partition as Kafka's \
            producers do. What is reported as appended is on the disk.

            EXAMPLES
              echo hello | tapehouse log produce greetings
              tapehouse log produce trades -K : -H source=test < trades.txt
              tapehouse log produce latest -K , -Z deletions.csv
              tapehouse log produce quotes -z zstd --timestamp 1704205800000 quotes.ndjson
            """)

    @OptionGroup var log: LogOptions

    @Argument(help: "The topic.", completion: Completions.topics)
    var topic: String

    @Argument(help: "Files to read instead of standard input; .zst is decompressed.", completion: .file())
    var files: [String] = []

    @Option(
        name: [.customShort("K"), .customLong("key-delimiter")], help: "What stands between key and value.")
    var keyDelimiter: String?

    @Option(
        name: [.customShort("H"), .customLong("header")],
        help: ArgumentHelp("A header for every record.", valueName: "name=value"))
    var headers: [Assignment] = []

    @Option(name: [.customShort("p"), .customLong("partition")], help: "The partition, whatever the key.")
    var partition: Int32?

    @Option(name: [.customShort("z"), .customLong("compression")], help: "none or zstd.")
    var compression = "none"

    @Flag(name: [.customShort("Z"), .customLong("null")], help: "Take an empty value, or key, as null.")
    var isNull = false

    @Option(help: ArgumentHelp("The records' time in milliseconds since 1970; now without.", valueName: "ms"))
    var timestamp: Int64?

    @Flag(help: "Print how many records are acknowledged, a line each time.")
    var acknowledgements = false

    func validate() throws {
        guard ["none", "zstd"].contains(compression) else {
            throw ValidationError(
                "--compression is none or zstd; gzip, snappy and lz4 are read, but not written.")
        }
        if keyDelimiter?.isEmpty ?? false { throw ValidationError("--key-delimiter must not be empty.") }
    }

    func run() throws {
        Interruption.install()
        let sources = try files.isEmpty ? [ByteSource(path: "-")] : files.map { try ByteSource(path: $0) }
        try log.change { log in
            let writer = try LineProducer(self, log)
            do {
                for source in sources {
                    try writer.send(source)
                    if Interruption.isRequested { break }
                }
            } catch {
                // What was read before the error is appended all the same.
                try? writer.finish()
                throw error
            }
            try writer.finish()
            if Terminal.isError || Interruption.isRequested {
                StandardError.writeLine("\(Format.grouped(writer.count)) records appended to \(topic)")
            }
            if Interruption.isRequested { throw Failure(.interrupted) }
        }
    }
}

/// Makes records of lines.
private final class LineProducer {
    private let command: LogProduceCommand
    private let writer: TopicWriter
    private let delimiter: [UInt8]?
    private let headers: [RecordHeader]
    private let clock: @Sendable () -> Int64
    private(set) var count = 0

    init(_ command: LogProduceCommand, _ log: LogDirectory) throws {
        self.command = command
        delimiter = command.keyDelimiter.map { Array($0.utf8) }
        headers = command.headers.map { RecordHeader($0.name, text: $0.value) }
        clock = log.clock
        let groups = try GroupCoordinator(log)
        let identity = try TransactionCoordinator(log, groups: groups).makeProducer()
        writer = try TopicWriter(
            log, topic: command.topic, partition: command.partition,
            compression: command.compression == "zstd" ? .zstd : .none, identity: identity)
    }

    func send(_ source: ByteSource) throws {
        let reader = LineReader(source)
        while !Interruption.isRequested {
            let line: Line
            do {
                guard let next = try reader.next() else { return }
                line = next
            } catch let error as DurableIOError where error.code == .interrupted {
                continue
            }
            guard !line.isTooLong else {
                throw Failure(
                    .badData,
                    "\(source.name) line \(line.number): over \(LineReader.lineBytesMax >> 10) KiB are too much for a record; "
                        + "the lines before it are appended")
            }
            try send(line.bytes, source.name, line.number)
            // Lines that come slowly are not kept waiting for others.
            if count % 1000 == 0 || !reader.hasLine { try finish() }
        }
    }

    private func send(_ line: UnsafeRawBufferPointer, _ name: String, _ number: Int) throws {
        var key: UnsafeRawBufferPointer?
        var value: UnsafeRawBufferPointer? = line
        if let delimiter {
            guard let place = line.firstRange(of: delimiter) else {
                throw Failure(
                    .badData,
                    "\(name) line \(number): there is no '\(command.keyDelimiter ?? "")' between key and value; the lines before it are appended"
                )
            }
            key = UnsafeRawBufferPointer(rebasing: line[..<place.lowerBound])
            value = UnsafeRawBufferPointer(rebasing: line[place.upperBound...])
        }
        if command.isNull {
            if key?.isEmpty ?? false { key = nil }
            if value?.isEmpty ?? false { value = nil }
        }
        try writer.send(
            key: key, value: value, timestamp: command.timestamp ?? clock(), headers: headers)
        count += 1
    }

    /// Waits until all is acknowledged, and says so.
    func finish() throws {
        try writer.flush()
        guard command.acknowledgements else { return }
        StandardOutput.shared.writeLine(String(count))
        StandardOutput.shared.flush()
    }
}
