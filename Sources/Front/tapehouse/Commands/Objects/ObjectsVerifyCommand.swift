import JSON
import ArgumentParser
import ObjectStore

struct ObjectsVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a whole drive: metadata, hashes of all blocks, digests, leftovers.",
        discussion: """
            Exits with 65 where something is damaged or of a format that is not read here, with 74 where something could not be \
            read. --repair moves what is damaged to .minio.sys/quarantine of the drive, with the \
            reason beside it, and removes empty directories; nothing that holds anything is ever deleted.

            EXAMPLES
              tapehouse objects mb quotes --ignore-existing
              echo '{}' | tapehouse objects put - quotes/monday.json
              tapehouse objects verify
              tapehouse objects verify quotes --json
              tapehouse objects verify --repair
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

    @OptionGroup var output: JSONOptions

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
        for finding in report.findings { output.print(finding.text, finding.members) }
        output.print(report.text, report.members)
        if report.findings.contains(where: { $0.severity == .damage || $0.severity == .unsupported }) {
            throw Failure(.badData)
        }
        if report.findings.contains(where: { $0.severity == .unreadable }) { throw Failure(.inputOutput) }
    }
}

/// The bar of a check, which one thread shows.
private final class SharedBar: @unchecked Sendable {
    // The check calls from the thread that called it.
    private let bar = ProgressBar()

    func show(_ bytes: Int) { bar.show("verify", completed: bytes, total: nil, unit: Format.bytes) }
    func clear() { bar.clear() }
}

extension VerifyReport.Finding {
    fileprivate var text: String {
        let isBad = severity == .damage || severity == .unreadable
        let mark = isBad ? Style.red(severity.rawValue) : severity.rawValue
        return "\(mark): \(message.printable)" + (repair.map { " — \($0)" } ?? "")
    }

    fileprivate var members: [(String, OrderedJSON)] {
        [
            ("severity", .string(severity.rawValue)), ("path", .string(path)), ("message", .string(message)),
            ("repair", .optional(repair)),
        ]
    }
}

extension VerifyReport {
    private func count(_ severity: Finding.Severity) -> Int { findings.count { $0.severity == severity } }

    fileprivate var text: String {
        let (damaged, unreadable) = (count(.damage), count(.unreadable))
        let others = findings.count - damaged - unreadable
        return
            "\(Format.grouped(objects)) objects, \(Format.grouped(versions)) versions, \(Format.bytes(bytes)): "
            + (damaged == 0 ? Style.green("no damage") : Style.red("\(damaged) damaged"))
            + (unreadable == 0 ? "" : ", " + Style.red("\(unreadable) could not be read"))
            + (others == 0 ? "" : ", \(others) leftovers, foreign files or foreign formats")
    }

    fileprivate var members: [(String, OrderedJSON)] {
        [
            ("objects", .integer(objects)), ("versions", .integer(versions)), ("bytes", .integer(bytes)),
            ("uploaded_parts", .integer(uploadedParts)), ("findings", .integer(findings.count)),
            ("damaged", .integer(count(.damage))), ("unreadable", .integer(count(.unreadable))),
        ]
    }
}
