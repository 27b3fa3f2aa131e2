import JSON
import ArgumentParser
import PartitionedLog

struct LogGroupsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups",
        abstract: "List consumer groups, or show how far one has come; move or delete its offsets.",
        discussion: """
            EXAMPLES
              tapehouse log groups
              tapehouse log groups bronze-sink
              tapehouse log groups printer --reset trades:0=100 --reset quotes=beginning
              tapehouse log groups printer --delete
            """)

    @OptionGroup var log: LogOptions

    @Argument(help: "The group to describe; all are listed without.")
    var group: String?

    @Option(
        help: ArgumentHelp(
            "Commit another offset: TOPIC or TOPIC:PARTITION, =, and an offset, -N, beginning, end or s@MS.",
            valueName: "topic=where"))
    var reset: [Assignment] = []

    @Flag(help: "Delete the group with its offsets.")
    var delete = false

    @OptionGroup var output: JSONOptions

    func validate() throws {
        guard group != nil || (reset.isEmpty && !delete) else {
            throw ValidationError("--reset and --delete need the name of a group.")
        }
        guard reset.isEmpty || !delete else {
            throw ValidationError("--reset and --delete exclude each other.")
        }
        for assignment in reset {
            guard TopicArgument(argument: assignment.name) != nil else {
                throw ValidationError("'\(assignment.name)' is no topic.")
            }
            _ = try StartPlace(text: assignment.value)
        }
    }

    func run() throws {
        if let group, delete {
            return try log.change { try GroupCoordinator($0).delete(group) }
        }
        if let group, !reset.isEmpty {
            try log.change { log in
                let groups = try GroupCoordinator(log)
                var offsets: [TopicPartition: CommittedOffset] = [:]
                for assignment in reset {
                    guard let topic = TopicArgument(argument: assignment.name) else { continue }
                    let place = try StartPlace(text: assignment.value)
                    for partition in try topic.partitions(in: log) {
                        offsets[partition.topicPartition] = CommittedOffset(try place.offset(in: partition))
                    }
                }
                try groups.commit(group, offsets)
            }
        }
        let directory = try log.openToRead()
        let groups = try GroupCoordinator(directory)
        if let group {
            guard let description = groups.describe(group) else {
                throw LogError(.groupIDNotFound, "there is no group \(group) in \(directory.path)")
            }
            show([description], directory, isList: false)
        } else {
            show(groups.groups.compactMap(groups.describe), directory, isList: true)
        }
    }

    private func show(_ groups: [GroupCoordinator.GroupDescription], _ log: LogDirectory, isList: Bool) {
        let reports = groups.map { GroupReport($0, log) }
        if output.isJSON { return StandardOutput.shared.writeJSON(reports.map(\.json)) }
        StandardOutput.shared.write(isList ? GroupReport.table(reports) : reports.map(\.text).joined())
    }
}

/// What there is to say of a group.
private struct GroupReport {
    let group: GroupCoordinator.GroupDescription
    let rows: [(id: TopicPartition, committed: CommittedOffset, end: Offset?)]

    init(_ group: GroupCoordinator.GroupDescription, _ log: LogDirectory) {
        self.group = group
        rows = group.offsets.sorted { $0.key < $1.key }.map { id, committed in
            (id, committed, try? log.partition(id).highWatermark)
        }
    }

    private var lag: Int64 {
        rows.reduce(0) { sum, row in sum + (row.end.map { $0 - row.committed.offset } ?? 0) }
    }

    static func table(_ reports: [GroupReport]) -> String {
        TextTable.render(
            ["group", "state", "members", "partitions", "lag"],
            alignments: [.left, .left, .right, .right, .right],
            reports.map {
                [
                    $0.group.name, $0.group.state, String($0.group.members.count), String($0.rows.count),
                    Format.grouped(Int($0.lag)),
                ]
            })
    }

    var text: String {
        var text = "\(Style.bold(group.name))  \(group.state), generation \(group.generation)"
        if let name = group.protocolName { text += ", \(name)" }
        text += "\n"
        for member in group.members {
            text += "  \(member.instanceID ?? member.id) at \(member.clientHost): "
            text += member.assignment.map(\.description).joined(separator: " ") + "\n"
        }
        return text
            + TextTable.render(
                ["topic", "partition", "committed", "end", "lag", "metadata"],
                alignments: [.left, .right, .right, .right, .right, .left],
                rows.map { row in
                    [
                        row.id.topic, String(row.id.partition), "\(row.committed.offset)",
                        row.end.map { "\($0)" } ?? "–",
                        row.end.map { Format.grouped(Int($0 - row.committed.offset)) } ?? "–",
                        row.committed.metadata,
                    ]
                })
    }

    var json: OrderedJSON {
        .object([
            ("group", .string(group.name)), ("state", .string(group.state)),
            ("generation", .integer(Int(group.generation))), ("protocol", .optional(group.protocolName)),
            (
                "members",
                .array(
                    group.members.map { member in
                        .object([
                            ("member_id", .string(member.id)), ("instance_id", .optional(member.instanceID)),
                            ("client_id", .string(member.clientID)),
                            ("partitions", .array(member.assignment.map { .string("\($0)") })),
                        ])
                    })
            ),
            (
                "offsets",
                .array(
                    rows.map { row in
                        .object([
                            ("topic", .string(row.id.topic)), ("partition", .integer(Int(row.id.partition))),
                            ("committed", .integer(row.committed.offset.value)),
                            ("end", row.end.map { .integer($0.value) } ?? .null),
                            ("lag", row.end.map { .integer($0 - row.committed.offset) } ?? .null),
                            ("metadata", .string(row.committed.metadata)),
                        ])
                    })
            ),
        ])
    }
}
