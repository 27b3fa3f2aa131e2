import ArgumentParser
import DurableIO
import PartitionedLog

struct LogProduceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "produce",
        abstract: "Append lines, or other values, of standard input or of files as records.",
        discussion: """
            What ends with a line feed, or another delimiter, is a value, each byte as it is; with -K what is before the first \
            key delimiter is the key, which decides the partition as Kafka's producers do. With --whole each file is one \
            value. A record may be as large as the topic's max.message.bytes lets it, 1 MiB by default. What is reported as \
            appended is on the disk.

            EXAMPLES
              echo hello | tapehouse log produce greetings
              tapehouse log produce trades -K : -H source=test < trades.txt
              tapehouse log produce latest -K , -Z deletions.csv
              tapehouse log produce frames -D '\\x00' frames.bin
              tapehouse log produce pictures --whole chart.png
              tapehouse log produce quotes -z zstd --timestamp 1704205800000 quotes.ndjson
            """)

    @OptionGroup var log: LogOptions

    @Argument(help: "The topic.", completion: Completions.topics)
    var topic: String

    @Argument(
        help: "Files to read instead of standard input; .zst is decompressed unless with --whole.",
        completion: .file())
    var files: [String] = []

    @Option(
        name: [.customShort("D"), .customLong("delimiter")],
        help: "What ends a value, with the escapes \\n \\r \\t \\xHH; a line feed without.")
    var delimiter: EscapedBytes?

    @Flag(help: "Take each file, or standard input, as one value.")
    var whole = false

    @Option(
        name: [.customShort("K"), .customLong("key-delimiter")],
        help: "What stands between key and value, with the same escapes.")
    var keyDelimiter: EscapedBytes?

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
        if whole, delimiter != nil { throw ValidationError("--whole and --delimiter exclude each other.") }
    }

    func run() throws {
        Interruption.install()
        // Every file is looked for before anything is changed.
        for file in files where file != "-" { _ = try FileSystem.local.open(file, .read) }
        try log.change { log in
            let writer = try RecordProducer(self, log)
            let bytesMax = try log.configuration(of: topic).maxMessageBytes
            let sources = try (files.isEmpty ? ["-"] : files).map {
                try DelimitedReader(
                    $0, delimiter: whole ? nil : delimiter?.bytes ?? [0x0A], bytesMax: bytesMax)
            }
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

/// Makes records of values.
private final class RecordProducer {
    private let command: LogProduceCommand
    private let writer: TopicWriter
    private let delimiter: [UInt8]?
    private let headers: [RecordHeader]
    private let clock: @Sendable () -> Int64
    private(set) var count = 0

    init(_ command: LogProduceCommand, _ log: LogDirectory) throws {
        self.command = command
        delimiter = command.keyDelimiter?.bytes
        headers = command.headers.map { RecordHeader($0.name, text: $0.value) }
        clock = log.clock
        let groups = try GroupCoordinator(log)
        let identity = try TransactionCoordinator(log, groups: groups).makeProducer()
        writer = try TopicWriter(
            log, topic: command.topic, partition: command.partition,
            compression: command.compression == "zstd" ? .zstd : .none, identity: identity)
    }

    func send(_ source: DelimitedReader) throws {
        while !Interruption.isRequested {
            do {
                guard let value = try source.next() else { return }
                try send(value, source.name, source.number)
            } catch let error as DurableIOError where error.code == .interrupted {
                continue
            }
            // Values that come slowly are not kept waiting for others.
            if count % 1000 == 0 || !source.hasNext { try finish() }
        }
    }

    private func send(_ line: UnsafeRawBufferPointer, _ name: String, _ number: Int) throws {
        var key: UnsafeRawBufferPointer?
        var value: UnsafeRawBufferPointer? = line
        if let delimiter {
            guard let place = line.firstRange(of: delimiter) else {
                throw Failure(
                    .badData,
                    "\(name) record \(number): there is no '\(command.keyDelimiter?.text ?? "")' between key and value; the records before it are appended"
                )
            }
            key = UnsafeRawBufferPointer(rebasing: line[..<place.lowerBound])
            value = UnsafeRawBufferPointer(rebasing: line[place.upperBound...])
        }
        if command.isNull {
            if key?.isEmpty ?? false { key = nil }
            if value?.isEmpty ?? false { value = nil }
        }
        do {
            try writer.send(
                key: key, value: value, timestamp: command.timestamp ?? clock(), headers: headers)
        } catch let error as LogError
            where error.code == .messageTooLarge || error.code == .unknownTopicOrPartition
        {
            throw LogError(
                error.code, "\(name) record \(number): \(error.message); the records before it are appended")
        }
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
