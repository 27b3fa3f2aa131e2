import ArgumentParser
import DurableIO
import Pipeline

/// Whether a command that writes waits while another process does.
struct WaitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where another process writes: wait for it so many seconds, instead of ending with status 75.",
            valueName: "seconds"))
    var wait: Double?

    func validate() throws {
        guard wait.map({ (0...10_000_000).contains($0) }) ?? true else {
            throw ValidationError("--wait must be from 0 to ten million seconds.")
        }
    }

    /// Does what takes a lock, as soon as that is free.
    func untilFree<Result>(_ body: () throws -> Result) throws -> Result {
        try DirectoryLock.waiting(
            .seconds(wait ?? 0),
            willWait: { if Interruption.isRequested { throw Interrupted() } },
            for: body)
    }
}
