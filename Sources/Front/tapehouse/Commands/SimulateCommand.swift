import ArgumentParser
import DurableIO
import MarketData

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Write simulated quotes in exactly the shape of a Finnhub recording.",
        discussion: """
            The same settings give the same bytes on every machine. Dirty lines are of the kinds that real feeds have: null and \
            all-zero quotes, duplicates, the same trade fetched again, late rows, a missing symbol, malformed JSON; and a dirty \
            recording breaks off in the middle of its last line.

            EXAMPLES
              tapehouse simulate > quotes.ndjson
              tapehouse simulate --symbols 50 --rows 100000 --dirty 2 -o week.ndjson.zst
              tapehouse simulate --rows 1000 --seed 7 | tapehouse replay -
            """)

    @Option(help: "How many symbols.")
    var symbols = QuoteSimulator.Settings().symbols

    @Option(help: "How many lines, dirty ones included.")
    var rows = QuoteSimulator.Settings().rows

    @Option(help: "How many trading days the lines are spread over.")
    var days = QuoteSimulator.Settings().days

    @Option(help: ArgumentHelp("The first day.", valueName: "date"))
    var start: TimeArgument?

    @Option(help: "What the randomness grows from.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("How many of 100 lines are dirty.", valueName: "percent"))
    var dirty = 0.0

    @Option(
        name: .shortAndLong,
        help: "The file to write instead of standard output; compressed where it ends in .zst.",
        completion: .file())
    var output: String?

    func validate() throws {
        guard (1...1_000_000).contains(symbols) else {
            throw ValidationError("--symbols must be from 1 to a million.")
        }
        guard (0...1_000_000_000_000).contains(rows) else {
            throw ValidationError("--rows must be from 0 to a million million.")
        }
        guard (1...100_000).contains(days) else { throw ValidationError("--days must be from 1 to 100000.") }
        guard (0...100).contains(dirty) else { throw ValidationError("--dirty must be from 0 to 100.") }
    }

    func run() throws {
        var settings = QuoteSimulator.Settings()
        settings.symbols = symbols
        settings.rows = rows
        settings.days = days
        settings.seed = seed
        settings.dirtyPercent = dirty
        if let start { settings.start = start.time }
        var simulator = QuoteSimulator(settings)
        let sink = try output.map { try FileSink($0) }
        Interruption.install()
        var lines: [UInt8] = []
        var isMore = true
        while isMore {
            isMore = simulator.appendNext(to: &lines)
            guard lines.count >= 256 << 10 || !isMore else { continue }
            if Interruption.isRequested { throw Failure(.interrupted, "interrupted") }
            if let sink {
                try sink.write(lines, last: !isMore)
            } else {
                StandardOutput.shared.write(bytes: lines)
            }
            lines.removeAll(keepingCapacity: true)
        }
    }
}

/// A file that is written from front to back, compressed where its name ends in `.zst`.
private final class FileSink {
    private let file: File
    private let compressor: ZstdCompressor?
    private var position = 0

    init(_ path: String) throws {
        file = try FileSystem.local.open(path, .replace)
        compressor = path.hasSuffix(".zst") ? ZstdCompressor(level: 3) : nil
    }

    func write(_ bytes: [UInt8], last: Bool) throws {
        var output = bytes
        if let compressor {
            output = []
            try bytes.withUnsafeBytes { try compressor.stream($0, last: last, appendingTo: &output) }
        }
        try file.write(output, at: position)
        position += output.count
    }
}
