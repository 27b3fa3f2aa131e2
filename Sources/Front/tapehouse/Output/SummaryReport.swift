import JSON
import Pipeline

/// What a replay did, as text and as JSON.
struct SummaryReport {
    let summary: ReplaySummary
    let directory: String

    var text: String {
        recordingsText + "\n" + stagesText + "\n" + BuildReport.table(summary.models) + rejectsText
    }

    private var recordingsText: String {
        let rows = summary.recordings.map { recording in
            [
                recording.path, Format.grouped(recording.lines), Format.grouped(recording.quotes),
                Format.grouped(recording.rejected), Format.grouped(recording.filtered),
                Format.grouped(recording.blank),
            ]
        }
        return TextTable.render(
            ["recording", "lines", "quotes", "rejected", "left out", "blank"],
            alignments: [.left] + Array(repeating: .right, count: 5), rows)
    }

    private var stagesText: String {
        // What was too much to count is left empty.
        var disk: [Stage: Int] = [:]
        disk[.produce] = summary.disk?.logBytes
        disk[.sink] = summary.disk?.objectBytes
        disk[.load] = summary.disk?.warehouseBytes
        var rows = summary.stages.map { stage in
            [
                Self.label(stage.stage), Format.grouped(stage.rows),
                stage.bytes > 0 ? Format.bytes(stage.bytes) : "",
                Format.duration(stage.duration), Self.rate(stage.rows, stage.duration),
                stage.bytes > 0
                    ? Format.fixed(Double(stage.bytes) / 1e6 / max(stage.duration.seconds, 1e-9), 1) : "",
                disk[stage.stage].map(Format.bytes) ?? "",
            ]
        }
        let total = summary.duration
        let produced = summary.stages.first
        rows.append([
            "total", Format.grouped(produced?.rows ?? 0), Format.bytes(produced?.bytes ?? 0),
            Format.duration(total),
            Self.rate(produced?.rows ?? 0, total),
            Format.fixed(Double(produced?.bytes ?? 0) / 1e6 / max(total.seconds, 1e-9), 1),
            disk.count == 3 ? Format.bytes(disk.values.reduce(0, +)) : "",
        ])
        return TextTable.render(
            ["stage", "rows", "JSON", "time", "rows/s", "MB/s", "on disk"],
            alignments: [.left] + Array(repeating: .right, count: 6), rows)
    }

    private var rejectsText: String {
        let count = summary.rejects.reduce(0) { $0 + $1.count }
        guard count > 0 else { return "" }
        let rows = summary.rejects.map { reject in
            [
                Format.grouped(reject.count), reject.reason,
                Self.text(reject.places) + (reject.count > reject.places.count ? ", …" : ""),
            ]
        }
        let known = count - summary.newRejects
        return "\n"
            + TextTable.render(
                ["rejected", "reason", "first places"], alignments: [.right, .left, .left], rows)
            + "All rejected lines are in LOAD_REJECTS"
            + (known > 0 ? " (\(Format.grouped(known)) of them from an earlier run)" : "") + ".\n"
    }

    /// `quotes.ndjson:3, 7, 12`: names without their folders, and once for neighbours.
    private static func text(_ places: [ReplaySummary.Place]) -> String {
        var parts: [String] = []
        var last: String?
        for place in places {
            let name = place.source.split(separator: "/").last.map(String.init) ?? place.source
            parts.append(place.source == last ? String(place.line) : "\(name):\(place.line)")
            last = place.source
        }
        return parts.joined(separator: ", ")
    }

    private static func label(_ stage: Stage) -> String {
        switch stage {
        case .produce: "produce to log"
        case .sink: "sink to objects"
        case .load: "load to raw"
        case .build: "build to gold"
        }
    }

    private static func rate(_ rows: Int, _ duration: Duration) -> String {
        Format.grouped(Int(Double(rows) / max(duration.seconds, 1e-9)))
    }

    var json: [(String, OrderedJSON)] {
        [
            ("data_dir", .string(directory)),
            ("recordings", .array(summary.recordings.map(Self.json))),
            ("stages", .array(summary.stages.map(Self.json))),
            ("seconds", .number(summary.duration.seconds)),
            ("objects_put", .integer(summary.objectsPut)),
            ("models", BuildReport.json(summary.models)),
            (
                "rejects",
                .array(
                    summary.rejects.map { reject in
                        .object([
                            ("reason", .string(reject.reason)), ("count", .integer(reject.count)),
                            ("first_places", .array(reject.places.map { .string($0.description) })),
                        ])
                    })
            ),
            ("rejects_new", .integer(summary.newRejects)),
            ("symbols_unmatched", .array(summary.unmatchedSymbols.map { .string($0) })),
            ("disk_bytes", summary.disk.map { OrderedJSON($0) } ?? .null),
        ]
    }

    private static func json(_ recording: ReplaySummary.Recording) -> OrderedJSON {
        .object([
            ("path", .string(recording.path)), ("lines", .integer(recording.lines)),
            ("quotes", .integer(recording.quotes)), ("rejected", .integer(recording.rejected)),
            ("left_out", .integer(recording.filtered)), ("blank", .integer(recording.blank)),
            ("failure", .optional(recording.failure)),
        ])
    }

    private static func json(_ stage: ReplaySummary.StageResult) -> OrderedJSON {
        .object([
            ("stage", .string(stage.stage.rawValue)), ("rows", .integer(stage.rows)),
            ("bytes", .integer(stage.bytes)),
            ("seconds", .number(stage.duration.seconds)),
        ])
    }
}
