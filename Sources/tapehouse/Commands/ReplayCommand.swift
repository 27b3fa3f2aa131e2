import ArgumentParser
import DurableIO
import MarketData
import Pipeline
import SQLiteKit
import Warehouse

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Replay recorded quotes through the whole pipeline.",
        discussion: """
            Reads recordings (a JSON object a line; plain or zstd-compressed; - for standard input), produces the quotes to a \
            topic keyed by symbol, sinks the topic to a bucket, loads the objects into COMMON.BRONZE_STOCK_QUOTES_RAW, builds \
            bronze, silver and gold, and prints what was done and the gold tables. At full speed the first three work side by \
            side, so their times add up to more than the total.

            Lines that are no quotes do not stop the rest: they are kept in COMMON.LOAD_REJECTS with file, line and reason. \
            Replaying a recording again, or after a crash, leaves silver and gold as one replay does.

            EXAMPLES
              tapehouse replay quotes.ndjson
              tapehouse replay mon.ndjson.zst tue.ndjson --data-dir week --symbols AAPL
              tapehouse replay quotes.ndjson --from 2024-01-03 --to 2024-01-04T12:00:00
              tapehouse replay quotes.ndjson --speed 60x
              zcat quotes.ndjson.gz | tapehouse replay - --json
            """)

    @Argument(
        help: "Recordings; - is standard input.", completion: .file(extensions: ["ndjson", "jsonl", "zst"]))
    var files: [String]

    @OptionGroup var data: DataDirectoryOptions

    @Option(
        help: ArgumentHelp(
            "max, or a multiple of the recorded pace from 0.001x to 1000000x, such as 60x.",
            valueName: "speed"))
    var speed = SpeedArgument(speed: .max)

    @Option(help: "The topic that quotes are produced to.")
    var topic = PipelineSettings().topic

    @Option(help: "How many partitions the topic gets when it is made.")
    var partitions: Int32 = PipelineSettings().partitions

    @Option(help: "The bucket that the topic is sunk to.")
    var bucket = PipelineSettings().bucket

    @Option(
        name: .customLong("object-size"),
        help: ArgumentHelp(
            "Close an object at this size before compression, such as 64MiB.", valueName: "size"))
    var objectSize = ByteCountArgument(bytes: PipelineSettings().objectBytes)

    @Option(
        help: ArgumentHelp(
            "Close an object, too, when its records span this time, such as 30s, 15m or 1h.",
            valueName: "time"))
    var roll: RollArgument?

    @Option(
        help: ArgumentHelp(
            "partition: TOPIC/partition=P/OFFSET.ndjson.zst; symbol: an object a quote, SYMBOL/TIME.TOPIC-P-OFFSET.json. (default: partition)",
            valueName: "layout"),
        completion: .list(KeyLayout.allCases.map(\.rawValue)), transform: choice)
    var layout = PipelineSettings().keyLayout

    @OptionGroup var safety: DurabilityOptions

    @Option(help: ArgumentHelp("Only these symbols, with commas between them.", valueName: "A,B,…"))
    var symbols: String?

    @Option(help: ArgumentHelp("Only quotes fetched at or after this time (UTC).", valueName: "time"))
    var from: TimeArgument?

    @Option(help: ArgumentHelp("Only quotes fetched before this time (UTC).", valueName: "time"))
    var to: TimeArgument?

    @Flag(help: "Print the summary and the gold tables as one JSON object.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print no gold tables.")
    var quiet = false

    func validate() throws {
        guard partitions > 0 else { throw ValidationError("--partitions must be at least 1.") }
        guard files.filter({ $0 == "-" }).count <= 1 else {
            throw ValidationError("Standard input (-) can be read only once.")
        }
    }

    func run() throws {
        // Every recording is opened before anything is changed: a typing error should cost nothing.
        let sources = try files.map { try ByteSource(path: $0) }
        Interruption.install()
        let bar = ProgressBar()
        let directory = DataDirectory(data.resolved)
        var settings = PipelineSettings()
        settings.topic = topic
        settings.partitions = partitions
        settings.bucket = bucket
        settings.objectBytes = objectSize.bytes
        settings.rollMilliseconds = roll?.milliseconds
        settings.keyLayout = layout
        settings.durability = safety.durability
        let pipeline = try Pipeline(
            directory, settings: settings, purpose: "tapehouse replay", logger: ConsoleLogHandler.logger)
        defer { bar.clear() }
        let watch = InterruptionWatch(pipeline.interrupter)
        let summary: ReplaySummary
        do {
            defer { watch.stop() }
            summary = try pipeline.replay(
                sources, options: options,
                control: RunControl(progress: bar.show, isCancelled: { Interruption.isRequested }))
        } catch let error where ExitStatus.isInterruption(error) {
            // What the log holds is safe; closing it spares the next start a recovery.
            try pipeline.close()
            throw error
        }
        try pipeline.close()
        bar.clear()
        try report(summary, directory)
        let failures = summary.recordings.compactMap(\.failure)
        for failure in failures { StandardError.writeLine("tapehouse: \(failure)") }
        if !failures.isEmpty { throw Failure(.badData) }
    }

    private var options: ReplayOptions {
        var options = ReplayOptions()
        options.speed = speed.speed
        options.symbols = Set(symbols?.split(separator: ",").map { $0.trimmed } ?? [])
        options.from = from?.time
        options.to = to?.time
        return options
    }

    private func report(_ summary: ReplaySummary, _ directory: DataDirectory) throws {
        let gold = try GoldReport(Warehouse(path: directory.warehouse, access: .readOnly))
        let report = SummaryReport(summary: summary, directory: FileSystem.local.absolutePath(directory.path))
        let output = StandardOutput.shared
        if json {
            output.writeDocument(.object(report.json + gold.json))
        } else {
            output.write(report.text)
            if !quiet { output.write("\n" + gold.text) }
        }
        output.flush()
    }
}

/// A size in bytes: `65536`, `64k`, `32MiB`, `1GB`.
struct ByteCountArgument: ExpressibleByArgument, CustomStringConvertible {
    let bytes: Int

    init(bytes: Int) {
        self.bytes = bytes
    }

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let units = [
            "": 1, "b": 1, "k": 1 << 10, "kib": 1 << 10, "kb": 1000, "m": 1 << 20, "mib": 1 << 20,
            "mb": 1_000_000,
            "g": 1 << 30, "gib": 1 << 30, "gb": 1_000_000_000,
        ]
        guard let count = Int(digits), let unit = units[argument.dropFirst(digits.count).lowercased()],
            case let (bytes, overflows) = count.multipliedReportingOverflow(by: unit), !overflows, bytes > 0
        else { return nil }
        self.bytes = bytes
    }

    var description: String { bytes % (1 << 20) == 0 ? "\(bytes >> 20)MiB" : "\(bytes)" }
    var defaultValueDescription: String { description }
}

/// A time span: `30s`, `15m`, `1h`, `1d`.
struct RollArgument: ExpressibleByArgument {
    let milliseconds: Int64

    init?(argument: String) {
        let units: [Character: Int64] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let unit = argument.last.flatMap({ units[$0] }), let count = Int64(argument.dropLast()),
            case let (milliseconds, overflows) = count.multipliedReportingOverflow(by: unit), !overflows,
            milliseconds > 0
        else { return nil }
        self.milliseconds = milliseconds
    }
}

/// `max`, `1x`, `60x`, `0.5x`.
struct SpeedArgument: ExpressibleByArgument, CustomStringConvertible {
    static var defaultCompletionKind: CompletionKind { .list(["max", "1x", "60x", "3600x"]) }

    let speed: ReplayOptions.Speed

    init(speed: ReplayOptions.Speed) {
        self.speed = speed
    }

    init?(argument: String) {
        if argument == "max" {
            speed = .max
        } else {
            guard argument.hasSuffix("x"), let factor = Double(argument.dropLast()),
                (0.001...1_000_000).contains(factor)
            else {
                return nil
            }
            speed = .times(factor)
        }
    }

    var description: String {
        switch speed {
        case .max: "max"
        case .times(let factor): "\(factor)x"
        }
    }

    var defaultValueDescription: String { description }
}

/// A UTC time on the command line.
struct TimeArgument: ExpressibleByArgument {
    let time: Timestamp

    init?(argument: String) {
        guard let time = Timestamp(argument) else { return nil }
        self.time = time
    }
}

extension Substring {
    /// The text without blanks at its ends.
    var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
