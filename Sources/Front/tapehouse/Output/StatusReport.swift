import JSON
import Pipeline
import Warehouse

/// The status of a pipeline as text and as JSON.
struct StatusReport {
    let status: PipelineStatus

    var text: String {
        [topicsText, groupsText, bucketsText, tablesText, historyText].joined(separator: "\n")
    }

    private var topicsText: String {
        TextTable.render(
            ["topic", "partition", "start", "end", "segments", "size"],
            alignments: [.left] + Array(repeating: .right, count: 5),
            status.partitions.map {
                [
                    $0.topic, String($0.partition), Format.grouped(Int($0.startOffset)),
                    Format.grouped(Int($0.endOffset)), String($0.segments), Format.bytes($0.bytes),
                ]
            })
    }

    private var groupsText: String {
        TextTable.render(
            ["group", "topic", "partition", "committed", "lag"],
            alignments: [.left, .left, .right, .right, .right],
            status.groups.map {
                [
                    $0.group, $0.topic, String($0.partition), Format.grouped(Int($0.committed)),
                    Format.grouped(Int($0.lag)),
                ]
            })
    }

    private var bucketsText: String {
        TextTable.render(
            ["bucket", "objects", "damaged", "size"], alignments: [.left, .right, .right, .right],
            status.buckets.map {
                [$0.name, Format.grouped($0.objects), Format.grouped($0.damaged), Format.bytes($0.bytes)]
            })
    }

    private var tablesText: String {
        TextTable.render(
            ["table", "kind", "rows"], alignments: [.left, .left, .right],
            status.tables.map { [$0.name, $0.kind, Format.grouped(Int($0.rows))] })
    }

    private var historyText: String {
        var lines: [String] = []
        if let load = status.lastLoad {
            lines.append("last load    \(load.at), \(Format.grouped(Int(load.rows))) rows of \(load.object)")
        } else {
            lines.append("last load    never")
        }
        if let build = status.lastBuild {
            lines.append(
                "last build   \(build.at), \(build.models) models in \(build.milliseconds) ms"
                    + (build.rowsBehind > 0
                        ? "; \(Format.grouped(Int(build.rowsBehind))) raw rows came later" : ""))
        } else {
            lines.append("last build   never")
        }
        lines.append("fetched      \(status.latestFetchedAt ?? "–") (latest quote in silver, UTC)")
        lines.append("traded       \(status.latestMarketTimestamp ?? "–") (latest trade in silver, UTC)")
        lines.append(
            "on disk      log \(Format.bytes(status.disk.logBytes)), objects \(Format.bytes(status.disk.objectBytes ?? 0)), "
                + "warehouse \(Format.bytes(status.disk.warehouseBytes))")
        return lines.map { $0 + "\n" }.joined()
    }

    var json: OrderedJSON {
        .object([
            ("partitions", .array(status.partitions.map(Self.json))),
            ("groups", .array(status.groups.map(Self.json))),
            (
                "buckets",
                .array(
                    status.buckets.map {
                        .object([
                            ("bucket", .string($0.name)), ("objects", .integer($0.objects)),
                            ("damaged", .integer($0.damaged)),
                            ("bytes", .integer($0.bytes)),
                        ])
                    })
            ),
            (
                "tables",
                .array(
                    status.tables.map {
                        .object([
                            ("table", .string($0.name)), ("kind", .string($0.kind)),
                            ("rows", .integer($0.rows)),
                        ])
                    })
            ),
            ("last_load", lastLoadJSON),
            ("last_build", lastBuildJSON),
            ("latest_fetched_at", .optional(status.latestFetchedAt)),
            ("latest_market_timestamp", .optional(status.latestMarketTimestamp)),
            ("disk_bytes", OrderedJSON(status.disk)),
        ])
    }

    private var lastLoadJSON: OrderedJSON {
        guard let load = status.lastLoad else { return .null }
        return .object([
            ("at", .string(load.at)), ("object", .string(load.object)), ("rows", .integer(load.rows)),
        ])
    }

    private var lastBuildJSON: OrderedJSON {
        guard let build = status.lastBuild else { return .null }
        return .object([
            ("at", .string(build.at)), ("models", .integer(build.models)),
            ("milliseconds", .integer(build.milliseconds)),
            ("raw_rows_behind", .integer(build.rowsBehind)),
        ])
    }

    private static func json(_ partition: PipelineStatus.Partition) -> OrderedJSON {
        .object([
            ("topic", .string(partition.topic)), ("partition", .integer(Int64(partition.partition))),
            ("start_offset", .integer(partition.startOffset)), ("end_offset", .integer(partition.endOffset)),
            ("segments", .integer(partition.segments)), ("bytes", .integer(partition.bytes)),
        ])
    }

    private static func json(_ group: PipelineStatus.Group) -> OrderedJSON {
        .object([
            ("group", .string(group.group)), ("topic", .string(group.topic)),
            ("partition", .integer(Int64(group.partition))), ("committed", .integer(group.committed)),
            ("lag", .integer(group.lag)),
        ])
    }
}
