import JSON
import ArgumentParser
import PartitionedLog

struct LogTopicsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics",
        abstract: "List topics, or describe some with their partitions and settings.",
        discussion: """
            EXAMPLES
              tapehouse log topics
              tapehouse log topics trades --json
              tapehouse log topics --all --log-dir /var/lib/kafka/data
            """)

    @OptionGroup var log: LogOptions

    @Argument(help: "The topics to describe; all are listed without.", completion: Completions.topics)
    var topics: [String] = []

    @Flag(help: "List the log's own topics too.")
    var all = false

    @OptionGroup var output: JSONOptions

    func run() throws {
        let directory = try log.openToRead()
        if topics.isEmpty {
            let names = directory.topics.filter { all || !LogDirectory.isInternal($0) }
            let descriptions = try names.map { try TopicDescription($0, directory) }
            if output.isJSON { return StandardOutput.shared.writeJSON(descriptions.map(\.json)) }
            StandardOutput.shared.write(TopicDescription.table(descriptions))
        } else {
            let descriptions = try topics.map { try TopicDescription($0, directory) }
            if output.isJSON { return StandardOutput.shared.writeJSON(descriptions.map(\.json)) }
            StandardOutput.shared.write(descriptions.map(\.text).joined(separator: "\n"))
        }
    }
}

/// What there is to say of a topic.
private struct TopicDescription {
    let name: String
    let id: String
    let partitions: [PartitionLog]
    let configs: [String: String]
    let configuration: LogConfiguration

    init(_ name: String, _ log: LogDirectory) throws {
        guard let argument = TopicArgument(argument: name) else {
            throw ValidationError("'\(name)' is no topic.")
        }
        partitions = try argument.partitions(in: log)
        self.name = argument.topic
        id = (try? log.topicID(partitions[0].topicPartition).text) ?? ""
        configs = log.ownConfigs(of: argument.topic)
        configuration = try log.configuration(of: argument.topic)
    }

    private var records: Int64 { partitions.reduce(0) { $0 + ($1.highWatermark - $1.logStartOffset) } }
    private var bytes: Int { partitions.reduce(0) { $0 + $1.byteCount } }

    static func table(_ topics: [TopicDescription]) -> String {
        TextTable.render(
            ["topic", "partitions", "offsets", "segments", "size", "settings"],
            alignments: [.left, .right, .right, .right, .right, .left],
            topics.map { topic in
                [
                    topic.name, String(topic.partitions.count), Format.grouped(Int(topic.records)),
                    String(topic.partitions.reduce(0) { $0 + $1.segmentCount }), Format.bytes(topic.bytes),
                    topic.settings,
                ]
            })
    }

    private var settings: String {
        configs.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }

    var text: String {
        var text = "\(Style.bold(name))  \(id)\n"
        for config in TopicConfig.all {
            let isOwn = configs[config.name] != nil
            text += "  \(config.name) = \(config.get(configuration))\(isOwn ? "" : Style.dim("  default"))\n"
        }
        return text
            + TextTable.render(
                ["partition", "start", "end", "stable", "epoch", "segments", "size"],
                alignments: Array(repeating: .right, count: 7),
                partitions.map { partition in
                    [
                        String(partition.topicPartition.partition), "\(partition.logStartOffset)",
                        "\(partition.highWatermark)", "\(partition.lastStableOffset)",
                        "\(partition.leaderEpoch)", String(partition.segmentCount),
                        Format.bytes(partition.byteCount),
                    ]
                })
    }

    var json: OrderedJSON {
        .object([
            ("topic", .string(name)), ("topic_id", .string(id)),
            ("configs", .object(TopicConfig.all.map { ($0.name, .string($0.get(configuration))) })),
            ("own_configs", .array(configs.keys.sorted().map(OrderedJSON.string))),
            (
                "partitions",
                .array(
                    partitions.map { partition in
                        .object([
                            ("partition", .integer(Int(partition.topicPartition.partition))),
                            ("log_start_offset", .integer(partition.logStartOffset.value)),
                            ("high_watermark", .integer(partition.highWatermark.value)),
                            ("last_stable_offset", .integer(partition.lastStableOffset.value)),
                            ("leader_epoch", .integer(Int(partition.leaderEpoch))),
                            ("segments", .integer(partition.segmentCount)),
                            ("bytes", .integer(partition.byteCount)),
                        ])
                    })
            ),
        ])
    }
}
