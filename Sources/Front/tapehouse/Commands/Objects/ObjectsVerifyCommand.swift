import ArgumentParser
import ObjectStore

struct ObjectsVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a whole drive: metadata, hashes of all blocks, digests, leftovers.",
        discussion: """
            Exits with 65 where something is damaged or of a format that is not read here. --repair moves what is damaged to .minio.sys/quarantine of the drive, with the \
            reason beside it, and removes empty directories; nothing that holds anything is ever deleted.

            EXAMPLES
              tapehouse objects verify
              tapehouse objects verify quotes --json
              tapehouse objects verify --objects-dir /mnt/drive --repair
            """)

    @OptionGroup var objects: ObjectsOptions

    @Argument(help: "Only this bucket.")
    var bucket: ObjectPath?

    @Flag(help: "Set aside what is damaged.")
    var repair = false

    @Flag(
        name: .customLong("no-digests"),
        help: "Check the hashes of the blocks alone, not MD5s and checksums; faster.")
    var noDigests = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        Interruption.install()
        var options = VerifyReport.Options()
        options.bucket = try bucket?.bucketName()
        options.repairs = repair
        options.digests = !noDigests
        options.isCancelled = { Interruption.isRequested }
        let bar = SharedBar()
        options.progress = { bar.show($0) }
        let report: VerifyReport
        do {
            defer { bar.clear() }
            report =
                repair
                ? try objects.change { try $0.verify(options) } : try objects.openToRead().verify(options)
        } catch is CancellationError {
            throw Failure(.interrupted)
        }
        StandardOutput.shared.write(json ? report.json.text(indent: 0) + "\n" : report.text)
        if report.findings.contains(where: { $0.severity == .damage || $0.severity == .unsupported }) {
            throw Failure(.badData)
        }
    }
}

/// The bar of a check, which one thread shows.
private final class SharedBar: @unchecked Sendable {
    // The check calls from the thread that called it.
    private let bar = ProgressBar()

    func show(_ bytes: Int) { bar.show("verify", completed: bytes, total: nil, unit: Format.bytes) }
    func clear() { bar.clear() }
}

extension VerifyReport {
    fileprivate var text: String {
        var text = ""
        for finding in findings {
            let mark = finding.severity == .damage ? Style.red("damage") : finding.severity.rawValue
            text += "\(mark): \(finding.message.printable)"
            if let repair = finding.repair { text += " — \(repair)" }
            text += "\n"
        }
        let damaged = findings.count { $0.severity == .damage }
        let others = findings.count - damaged
        return text
            + "\(Format.grouped(objects)) objects, \(Format.grouped(versions)) versions, \(Format.bytes(bytes)): "
            + (damaged == 0 ? Style.green("no damage") : Style.red("\(damaged) damaged"))
            + (others == 0 ? "" : ", \(others) leftovers, foreign files or foreign formats") + "\n"
    }

    fileprivate var json: JSON {
        .object([
            ("objects", .integer(objects)), ("versions", .integer(versions)), ("bytes", .integer(bytes)),
            ("uploaded_parts", .integer(uploadedParts)),
            (
                "findings",
                .array(
                    findings.map { finding in
                        .object([
                            ("severity", .string(finding.severity.rawValue)), ("path", .string(finding.path)),
                            ("message", .string(finding.message)), ("repair", .optional(finding.repair)),
                        ])
                    })
            ),
        ])
    }
}
