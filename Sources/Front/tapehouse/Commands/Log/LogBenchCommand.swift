import JSON
import ArgumentParser
import DurableIO
import PartitionedLog

struct LogBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the log on this machine, beside what memory and disk allow.",
        discussion: """
            Appends, reads, recovers and searches in a folder of its own, which is removed afterwards. Beside each rate stands \
            that of the same bytes copied, checksummed and written, or read, without a log: the physical limit, measured in \
            the same run, in turn. Rates are medians over the rounds.

            EXAMPLES
              tapehouse log bench
              tapehouse log bench --record-bytes 1024 --batch-bytes 16384 --json
              tapehouse log bench --folder /mnt/disk --megabytes 1024 --rounds 5
            """)

    @Option(
        help: ArgumentHelp("A folder on the disk to be measured.", valueName: "dir"), completion: .directory)
    var folder = "."

    @Option(help: "How many megabytes of records are written in a round.")
    var megabytes = 256

    @Option(name: .customLong("record-bytes"), help: "The sizes of the records.")
    var recordBytes: [Int] = [100, 1024]

    @Option(name: .customLong("batch-bytes"), help: "The sizes of the batches.")
    var batchBytes: [Int] = [16 << 10, 64 << 10, 256 << 10, 1 << 20]

    @Option(help: "How often everything is measured.")
    var rounds = 3

    @OptionGroup var output: JSONOptions

    func validate() throws {
        guard (1...100_000).contains(megabytes) else { throw ValidationError("--megabytes is 1 to 100000.") }
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds is 1 to 100.") }
        guard recordBytes.allSatisfy({ (16...100_000).contains($0) }) else {
            throw ValidationError("--record-bytes is 16 to 100000.")
        }
        guard batchBytes.allSatisfy({ (1024...(1 << 20)).contains($0) }) else {
            throw ValidationError("--batch-bytes is 1024 to 1048576.")
        }
    }

    func run() throws {
        Interruption.install()
        var generator = SystemRandomNumberGenerator()
        let path = "\(folder)/tapehouse-bench-\(String(generator.next(), radix: 36))"
        try FileSystem.local.createDirectory(path)
        defer { try? FileSystem.local.removeTree(path) }
        var results = BenchResults()
        let bar = ProgressBar()
        let cases = recordBytes.flatMap { record in batchBytes.map { (record, $0) } }
        for round in 0..<rounds {
            for (index, (record, batch)) in cases.enumerated() {
                if Interruption.isRequested { throw Failure(.interrupted) }
                bar.show("bench", completed: round * cases.count + index, total: rounds * cases.count)
                let bench = LogBench(
                    folder: path, recordBytes: record, batchBytes: batch, totalBytes: megabytes * 1_000_000)
                try bench.throughput(&results)
            }
            let bench = LogBench(
                folder: path, recordBytes: recordBytes[0], batchBytes: 64 << 10,
                totalBytes: megabytes * 1_000_000)
            try bench.recoveryAndSeek(&results)
            try bench.latency(&results)
        }
        bar.clear()
        if output.isJSON { return StandardOutput.shared.writeJSON(results.json) }
        StandardOutput.shared.write(results.text)
    }
}

/// What was measured, by name: the values of all rounds.
struct BenchResults {
    struct Row {
        let name: String
        let unit: String
        var values: [Double] = []
        /// The physical limit, where one was measured beside it.
        var limits: [Double] = []

        static func median(_ values: [Double]) -> Double {
            let sorted = values.sorted()
            return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        }

        var value: Double { Self.median(values) }
        var limit: Double? { limits.isEmpty ? nil : Self.median(limits) }
        /// The median over the rounds of the share of the limit that was measured right before.
        var share: Double? { limits.isEmpty ? nil : Self.median(zip(values, limits).map { $0 / $1 }) }
    }

    private(set) var rows: [Row] = []

    mutating func add(_ name: String, _ unit: String, _ value: Double, limit: Double? = nil) {
        let index: Int
        if let known = rows.firstIndex(where: { $0.name == name }) {
            index = known
        } else {
            index = rows.count
            rows.append(Row(name: name, unit: unit))
        }
        rows[index].values.append(value)
        if let limit { rows[index].limits.append(limit) }
    }

    var text: String {
        TextTable.render(
            ["measured", "median", "limit", "unit", "share"],
            alignments: [.left, .right, .right, .left, .right],
            rows.map { row in
                [
                    row.name, Self.number(row.value), row.limit.map(Self.number) ?? "", row.unit,
                    row.share.map { "\(Format.fixed($0 * 100, 0)) %" } ?? "",
                ]
            })
    }

    private static func number(_ value: Double) -> String {
        value >= 1000 ? Format.grouped(Int(value.rounded())) : Format.fixed(value, value >= 100 ? 0 : 2)
    }

    var json: [OrderedJSON] {
        rows.map { row in
            .object([
                ("name", .string(row.name)), ("unit", .string(row.unit)), ("median", .number(row.value)),
                ("limit", row.limit.map(OrderedJSON.number) ?? .null),
                ("share", row.share.map(OrderedJSON.number) ?? .null),
                ("rounds", .array(row.values.map(OrderedJSON.number))),
            ])
        }
    }
}
