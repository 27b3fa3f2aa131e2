import JSON
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
            Reads recordings (JSON objects, one a line or in any other layout, arrays too; plain, .zst or .gz; - for standard \
            input), produces the quotes to a topic keyed by symbol, sinks the topic to a bucket, loads the objects into COMMON.BRONZE_STOCK_QUOTES_RAW, builds \
            bronze, silver and gold, and prints what was done and the gold tables. At full speed the first three work side by \
            side, so their times add up to more than the total.

            Lines that are no quotes do not stop the rest: they are kept in COMMON.LOAD_REJECTS with file, line and reason. \
            Replaying a recording again, or after a crash, leaves silver and gold as one replay does.

            What comes from a pipe, or at a --speed, is safe in the log and on its way to gold within --flush-interval, also \
            while nothing more comes.

            EXAMPLES
              tapehouse replay quotes.ndjson
              tapehouse replay mon.ndjson.zst tue.ndjson --data-dir week --symbols AAPL
              tapehouse replay quotes.ndjson --from 2024-01-03 --to 2024-01-04T12:00:00
              tapehouse replay quotes.ndjson --speed 60x
              tapehouse replay quotes.json.gz --wait 60
              tail -F live.ndjson | tapehouse replay - --flush-interval 500ms
            """)

    @Argument(
        help: "Recordings; - is standard input.",
        completion: .file(extensions: ["ndjson", "jsonl", "json", "zst", "gz"]))
    var files: [String]

    @OptionGroup var data: DataDirectoryOptions

    @OptionGroup var wait: WaitOptions

    @Option(
        help: ArgumentHelp(
            "max, or a multiple of the recorded pace from 0.001x to 1000000x, such as 60x.",
            valueName: "speed"))
    var speed = SpeedArgument(speed: .max)

    @Option(
        name: .customLong("flush-interval"),
        help: ArgumentHelp(
            "From a pipe or at a --speed: how long until what has come is safe in the log and on its way to gold, such as 250ms or 5s.",
            valueName: "time"))
    var flushInterval = IntervalArgument(interval: ReplayOptions().flushInterval)

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

    @OptionGroup var output: JSONOptions

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
        let pipeline = try wait.untilFree {
            try Pipeline(
                directory, settings: settings, purpose: "tapehouse replay", logger: ConsoleLogHandler.logger)
        }
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
        tellUnmatched(summary)
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
        options.flushInterval = flushInterval.interval
        return options
    }

    private func tellUnmatched(_ summary: ReplaySummary) {
        let missing = summary.unmatchedSymbols
        guard !missing.isEmpty else { return }
        let seen = summary.symbolsSeen
        let others = seen.isEmpty ? "" : "; there are \(seen.joined(separator: ", "))"
        StandardError.writeLine(
            "tapehouse: no quote is of \(missing.joined(separator: ", "))\(others) (--symbols tells capitals from small letters)"
        )
    }

    private func report(_ summary: ReplaySummary, _ directory: DataDirectory) throws {
        let gold = try GoldReport(Warehouse(path: directory.warehouse, access: .readOnly))
        let report = SummaryReport(summary: summary, directory: FileSystem.local.absolutePath(directory.path))
        let standardOutput = StandardOutput.shared
        if output.isJSON {
            standardOutput.writeJSON([.object(report.json + gold.json)])
        } else {
            standardOutput.write(report.text)
            if !quiet { standardOutput.write("\n" + gold.text) }
        }
        standardOutput.flush()
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

/// A short time: `250ms`, `1s`, `0.5s`, `2m`; seconds where it has no unit.
struct IntervalArgument: ExpressibleByArgument, CustomStringConvertible {
    let interval: Duration

    init(interval: Duration) {
        self.interval = interval
    }

    init?(argument: String) {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("", 1)]
        guard let (unit, seconds) = units.first(where: { argument.hasSuffix($0.0) }),
            let count = Double(argument.dropLast(unit.count)), (0.001...86_400).contains(count * seconds)
        else { return nil }
        interval = .seconds(count * seconds)
    }

    var description: String { "\(Format.fixed(interval.seconds, 3))s" }
    var defaultValueDescription: String { "1s" }
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
