import JSON
import ArgumentParser
import DurableIO
import PartitionedLog

struct LogOffsetsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "offsets",
        abstract: "Print a topic's offsets: its ends, or those of a time.",
        discussion: """
            A line is topic:partition:offset, as kafka-get-offsets prints it. Where no record is of that time or later, the \
            offset is missing.

            EXAMPLES
              tapehouse log offsets trades
              tapehouse log offsets trades --time earliest
              tapehouse log offsets trades:0 --time 1704205800000 --json
            """)

    @OptionGroup var log: LogOptions

    @Argument(help: "The topics, or TOPIC:PARTITION.")
    var topics: [TopicArgument]

    @Option(
        help: ArgumentHelp(
            "latest, earliest, max-timestamp, or milliseconds since 1970.", valueName: "time"))
    var time = "latest"

    @OptionGroup var output: JSONOptions

    func validate() throws {
        guard
            ["latest", "earliest", "max-timestamp", "-1", "-2", "-3"].contains(time) || Int64(time) ?? -1 >= 0
        else {
            throw ValidationError("--time is latest, earliest, max-timestamp or milliseconds since 1970.")
        }
    }

    func run() throws {
        let directory = try log.openToRead()
        var rows: [OrderedJSON] = []
        for partition in try topics.flatMap({ try $0.partitions(in: directory) }) {
            let id = partition.topicPartition
            let found = try find(in: partition)
            if output.isJSON {
                rows.append(
                    .object([
                        ("topic", .string(id.topic)), ("partition", .integer(Int(id.partition))),
                        ("offset", found.map { .integer($0.0.value) } ?? .null),
                        ("timestamp", found?.1.map { .integer($0) } ?? .null),
                    ]))
            } else {
                StandardOutput.shared.writeLine(
                    "\(id.topic):\(id.partition):\(found.map { "\($0.0)" } ?? "")")
            }
        }
        if output.isJSON { StandardOutput.shared.writeJSON(rows) }
    }

    private func find(in partition: PartitionLog) throws -> (Offset, Int64?)? {
        switch time {
        case "latest", "-1": return (partition.highWatermark, nil)
        case "earliest", "-2": return (partition.logStartOffset, nil)
        case "max-timestamp", "-3":
            return try partition.offsetOfMaxTimestamp().map { ($0.offset, $0.timestamp) }
        default:
            return try partition.offset(forTimestamp: Int64(time) ?? 0).map { ($0.offset, $0.timestamp) }
        }
    }
}

struct LogDumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Print the content of segment files, as kafka-dump-log.sh does.",
        discussion: """
            Takes .log, .index, .timeindex, .txnindex and .snapshot files, or directories of partitions with all of theirs. \
            The output is that of `kafka-dump-log.sh --print-data-log`, to the letter.

            EXAMPLES
              tapehouse log dump tapehouse-data/log/trades-0
              tapehouse log dump --batches-only trades-0/00000000000000000000.log
            """)

    @Argument(help: "Files, or directories of partitions.", completion: .file())
    var paths: [String]

    @Flag(name: .customLong("batches-only"), help: "Leave the records out.")
    var batchesOnly = false

    func run() throws {
        var dump = SegmentDump(printsRecords: !batchesOnly) {
            StandardOutput.shared.writeLine(Terminal.isOutput ? $0.printable : $0)
        }
        for path in paths { try dump.dump(path) }
        if dump.foundDamage { throw Failure(.badData, "there is damage: see the lines above") }
    }
}

struct LogVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every batch, record and index of partitions.",
        discussion: """
            Reads all of it: checksums, record structure, offsets in order, and each index entry against the batch that it names. \
            Changes nothing unless told to: --repair cuts a damaged segment behind its last good batch, keeps what it cuts in a \
            file that ends in .damaged, and makes indexes anew.

            EXAMPLES
              tapehouse log verify
              tapehouse log verify trades:0 --json
              tapehouse log verify trades --repair
            """)

    @OptionGroup var log: LogOptions

    @Argument(help: "The topics, or TOPIC:PARTITION; all without.")
    var topics: [TopicArgument] = []

    @Flag(help: "Set damaged parts aside, so that the rest can be read.")
    var repair = false

    @OptionGroup var output: JSONOptions

    func run() throws {
        let directory = try log.openToRead()
        let partitions =
            try topics.isEmpty
            ? directory.topics.flatMap { directory.partitions(of: $0) }
            : topics.flatMap { try $0.partitions(in: directory) }
        var check = SegmentCheck()
        let bar = ProgressBar()
        for (index, partition) in partitions.enumerated() {
            bar.show("verify", completed: index, total: partitions.count)
            try check.check("\(directory.path)/\(partition.topicPartition)")
        }
        bar.clear()
        report(check, partitions, directory, aside: topics.isEmpty ? try directory.setAside : [])
        guard !check.problems.isEmpty else { return }
        guard repair else {
            throw Failure(
                .badData,
                output.isJSON ? "" : "\(check.problems.count) problems; --repair sets what is damaged aside")
        }
        let ids = partitions.map(\.topicPartition)
        try log.change { log in for id in ids { try log.repair(id) } }
    }

    private func report(
        _ check: SegmentCheck, _ partitions: [PartitionLog], _ log: LogDirectory, aside: [String]
    ) {
        let topics = Set(partitions.map(\.topicPartition.topic)).filter { !LogDirectory.isInternal($0) }
        let missing = topics.sorted().flatMap { topic in
            log.missingPartitions(of: topic).map { run in
                run.count == 1
                    ? "\(topic)-\(run.lowerBound)" : "\(topic)-\(run.lowerBound) to -\(run.upperBound)"
            }
        }
        if output.isJSON {
            return StandardOutput.shared.writeJSON([
                .object([
                    ("partitions", .integer(partitions.count)), ("segments", .integer(check.segments)),
                    ("batches", .integer(check.batches)), ("records", .integer(check.records)),
                    ("bytes", .integer(check.bytes)),
                    (
                        "problems",
                        .array(
                            check.problems.map {
                                .object([
                                    ("path", .string($0.path)), ("reason", .string($0.reason)),
                                    ("loses_records", .boolean($0.losesRecords)),
                                ])
                            })
                    ),
                    ("missing_partitions", .array(missing.map(OrderedJSON.string))),
                    ("set_aside", .array(aside.map(OrderedJSON.string))),
                ])
            ])
        }
        for problem in check.problems {
            StandardOutput.shared.writeLine("\(Style.red("✘")) \(problem.path): \(problem.reason)")
        }
        for name in missing {
            StandardOutput.shared.writeLine(
                "\(name) is not in \(log.path), where other partitions of the topic are")
        }
        for name in aside {
            StandardOutput.shared.writeLine("\(name) was set aside by a broker, and is not looked at")
        }
        StandardOutput.shared.writeLine(
            "\(partitions.count) partitions, \(check.segments) segments, \(Format.grouped(check.batches)) batches, "
                + "\(Format.grouped(check.records)) records, \(Format.bytes(check.bytes)): "
                + (check.problems.isEmpty ? "all is well" : "\(check.problems.count) problems"))
    }
}
