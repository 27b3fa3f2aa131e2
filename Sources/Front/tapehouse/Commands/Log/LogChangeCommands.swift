import JSON
import ArgumentParser
import PartitionedLog
import Pipeline

struct LogCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a topic.",
        discussion: """
            Settings have Kafka's names; `tapehouse log topics TOPIC` shows all of them. From the command line records are \
            kept until told otherwise (retention.ms=-1) and are on the disk before they are acknowledged \
            (flush.messages=1).

            EXAMPLES
              tapehouse log create trades --partitions 3
              tapehouse log create latest --config cleanup.policy=compact
            """)

    @OptionGroup var log: LogOptions

    @Argument(help: "The topic's name.")
    var topic: String

    @Option(help: "How many partitions.")
    var partitions: Int32 = 1

    @Option(name: .customLong("config"), help: ArgumentHelp("A setting of its own.", valueName: "name=value"))
    var configs: [Assignment] = []

    @Flag(name: .customLong("if-not-exists"), help: "Leave a topic alone that is there already.")
    var ifNotExists = false

    func run() throws {
        try log.change(creates: true) { log in
            if ifNotExists, log.hasTopic(topic) { return }
            try log.createTopic(topic, partitions: partitions, configs: Assignment.dictionary(configs))
        }
    }
}

struct LogDeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete a topic, or its oldest records.",
        discussion: """
            EXAMPLES
              tapehouse log delete trades
              tapehouse log delete trades:0 --before 10000
              tapehouse log delete trades --all-records
              tapehouse log delete stock-quotes --force

            A topic of the pipeline, what the warehouse was loaded from, is deleted with --force alone.
            """)

    @OptionGroup var log: LogOptions

    @Argument(help: "The topic; or TOPIC:PARTITION where records of one partition are deleted.")
    var topic: TopicArgument

    @Option(help: ArgumentHelp("Delete only the records before this offset.", valueName: "offset"))
    var before: Int64?

    @Flag(name: .customLong("all-records"), help: "Delete all records and keep the topic.")
    var allRecords = false

    @Flag(help: "Delete a topic of the pipeline, too.")
    var force = false

    func validate() throws {
        guard before == nil || !allRecords else {
            throw ValidationError("--before and --all-records exclude each other.")
        }
        if topic.partition != nil, before == nil, !allRecords {
            throw ValidationError(
                "A partition alone cannot be deleted, only its records: give --before or --all-records.")
        }
    }

    func run() throws {
        try log.change { log in
            let groups = try GroupCoordinator(log)
            try requireOwn(log, groups)
            guard before != nil || allRecords else {
                try log.deleteTopic(topic.topic)
                return try groups.forget(topic: topic.topic)
            }
            for partition in try topic.partitions(in: log) {
                let end = partition.highWatermark
                if let before, before > end.value {
                    let range = StartPlace.range(partition.logStartOffset, end)
                    throw Failure(.usage, "\(partition.topicPartition): \(range), not \(before)")
                }
                let start = try log.deleteRecords(partition.topicPartition, before: before.map { Offset($0) })
                StandardOutput.shared.writeLine("\(partition.topicPartition) begins at offset \(start)")
            }
        }
    }
}

extension LogDeleteCommand {
    /// Refuses topics that the pipeline writes: the default ones, and those that its sink has read.
    private func requireOwn(_ log: LogDirectory, _ groups: GroupCoordinator) throws {
        var settings = PipelineSettings()
        let read = Set(groups.committed(settings.group).keys.map(\.topic)).union([settings.topic])
        let isPipelines = read.contains { quotes in
            settings.topic = quotes
            return [settings.topic, settings.rejectsTopic].contains(topic.topic)
        }
        guard isPipelines, !force, log.hasTopic(topic.topic) else { return }
        throw Failure(
            .usage,
            "topic \(topic.topic) is the pipeline's: what of it is not in the warehouse yet would be lost, and without it the "
                + "warehouse takes no more quotes; --force deletes it all the same")
    }
}

struct LogAlterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alter",
        abstract: "Change a topic's settings, or give it more partitions.",
        discussion: """
            EXAMPLES
              tapehouse log alter trades --config retention.ms=3600000 --unset segment.ms
              tapehouse log alter trades --partitions 6
            """)

    @OptionGroup var log: LogOptions

    @Argument(help: "The topic.", completion: Completions.topics)
    var topic: String

    @Option(name: .customLong("config"), help: ArgumentHelp("A setting of its own.", valueName: "name=value"))
    var configs: [Assignment] = []

    @Option(help: ArgumentHelp("A setting that shall have its default again.", valueName: "name"))
    var unset: [String] = []

    @Option(
        help:
            "How many partitions it shall have: those that are missing are made, the others stay as they are."
    )
    var partitions: Int32?

    func validate() throws {
        guard !configs.isEmpty || !unset.isEmpty || partitions != nil else {
            throw ValidationError("Nothing to change: give --config, --unset or --partitions.")
        }
    }

    func run() throws {
        try log.change { log in
            if !configs.isEmpty || !unset.isEmpty {
                try log.alterTopic(topic, set: Assignment.dictionary(configs), unset: unset)
            }
            guard let partitions else { return }
            for number in try log.addPartitions(to: topic, total: partitions) {
                StandardOutput.shared.writeLine("\(TopicPartition(topic, number)) is new")
            }
        }
    }
}

struct LogCompactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Compact a topic now: of each key keep the last record.",
        discussion: """
            The topic's cleanup.policy must have `compact`. The segment that is written to is closed first. What \
            min.compaction.lag.ms keeps safe is left alone.

            EXAMPLES
              tapehouse log compact latest
              tapehouse log compact latest:2 --json
            """)

    @OptionGroup var log: LogOptions

    @Argument(help: "The topic, or TOPIC:PARTITION.")
    var topic: TopicArgument

    @OptionGroup var output: JSONOptions

    func run() throws {
        try log.change { log in
            var results: [(TopicPartition, Compaction?)] = []
            for partition in try topic.partitions(in: log) {
                let id = partition.topicPartition
                results.append((id, try log.compact(id)))
            }
            if output.isJSON {
                return StandardOutput.shared.writeJSON(
                    results.map { id, result in
                        .object([
                            ("topic", .string(id.topic)), ("partition", .integer(Int(id.partition))),
                            ("cleaned_to", result.map { .integer($0.cleanedTo.value) } ?? .null),
                            ("bytes_before", .integer(result?.bytesRead ?? 0)),
                            ("bytes_after", .integer(result?.bytesWritten ?? 0)),
                        ])
                    })
            }
            for (id, result) in results {
                guard let result else {
                    StandardOutput.shared.writeLine("\(id): nothing to compact")
                    continue
                }
                StandardOutput.shared.writeLine(
                    "\(id): \(Format.bytes(result.bytesRead)) in \(result.segmentsRead) segments became "
                        + "\(Format.bytes(result.bytesWritten)) in \(result.segmentsWritten), clean up to offset \(result.cleanedTo)"
                )
            }
        }
    }
}
