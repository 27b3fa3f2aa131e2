import ArgumentParser
import ColumnStore
import DurableIO
import ObjectStore
import PartitionedLog
import Pipeline
import SQLEngine
import SQLiteKit
import Warehouse

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The exit codes, after sysexits.h where it has one.
enum ExitStatus: Int32 {
    case statementFailed = 1
    case usage = 64
    case badData = 65
    case noInput = 66
    case fault = 70
    case inputOutput = 74
    case tryAgain = 75
    case notPermitted = 77
    case interrupted = 130

    /// Says what went wrong on standard error and ends the process.
    static func exit(after error: any Error) -> Never {
        if let failure = error as? Failure {
            if !failure.message.isEmpty { StandardError.writeLine("tapehouse: \(failure.message)") }
            systemExit(failure.status.rawValue)
        }
        if let status = status(of: error) {
            StandardError.writeLine("tapehouse: \(message(of: error, status))")
            systemExit(status.rawValue)
        }
        if isArgumentParsers(error) { Tapehouse.exit(withError: error) }
        StandardError.writeLine("tapehouse: \(error)")
        systemExit(fault.rawValue)
    }

    /// Whether an error says that the user has stopped the work.
    static func isInterruption(_ error: any Error) -> Bool {
        error is Interrupted || (error as? SQLiteError)?.isInterrupted == true
            || (error as? SQLError)?.code == .interrupted
    }

    private static func message(of error: any Error, _ status: ExitStatus) -> String {
        if status == .interrupted { return "interrupted; what was done is kept" }
        guard let error = error as? SQLiteError else { return "\(error)" }
        // SQLite names neither the file nor the way out.
        if error.isFull {
            return "the warehouse cannot grow: \(error); free some space and run the same command again"
        }
        if error.isInputOutput {
            return
                "the warehouse cannot be read or written: \(error); its disk, or the one for temporary files (SQLITE_TMPDIR), "
                + "fails or is full; then run the same command again"
        }
        if error.isBusy { return "the warehouse is busy: \(error); try again" }
        return "\(error)"
    }

    static func status(of error: any Error) -> ExitStatus? {
        if isInterruption(error) { return .interrupted }
        switch error {
        case let error as DurableIOError:
            switch error.code {
            case .notFound, .isDirectory: return .noInput
            case .permissionDenied: return .notPermitted
            case .locked: return .tryAgain
            case .corrupt, .truncated: return .badData
            default: return .inputOutput
            }
        case let error as SQLiteError:
            if error.isBusy { return .tryAgain }
            if error.isPermissionDenied { return .notPermitted }
            return error.isFull || error.isInputOutput || error.isCannotOpen ? .inputOutput : .statementFailed
        case let error as SQLError: return error.code == .storage ? .inputOutput : .statementFailed
        case is ColumnStoreError: return .badData
        case let error as LogError:
            switch error.code {
            case .invalidTopic, .invalidPartitions, .invalidConfig, .invalidRequest, .invalidGroupID:
                return .usage
            case .topicAlreadyExists, .nonEmptyGroup: return .statementFailed
            case .unknownTopicOrPartition, .groupIDNotFound: return .noInput
            case .corruptMessage, .unsupportedCompression, .invalidRecord, .invalidTimestamp,
                .messageTooLarge,
                .offsetOutOfRange, .unsupportedVersion, .unsupportedForMessageFormat:
                return .badData
            default: return .inputOutput
            }
        case let error as StoreError: return status(of: error.code)
        case let error as WarehouseError: return error.code == .notFound ? .noInput : .badData
        default: return nil
        }
    }

    private static func status(of code: StoreError.Code) -> ExitStatus {
        switch code {
        case .noSuchBucket, .noSuchKey, .noSuchVersion, .noSuchUpload: .noInput
        case .invalidBucketName, .invalidKey, .keyTooLong, .invalidArgument, .invalidRange, .methodNotAllowed:
            .usage
        case .preconditionFailed, .notModified, .bucketAlreadyExists, .bucketNotEmpty, .invalidBucketState,
            .notImplemented:
            .statementFailed
        case .objectLocked: .notPermitted
        case .unreadable: .inputOutput
        default: .badData
        }
    }

    private static func isArgumentParsers(_ error: any Error) -> Bool {
        error is ExitCode || error is CleanExit || error is ValidationError
            || Tapehouse.exitCode(for: error) != ExitCode.failure
    }
}

/// An error of a command, with the exit code that it ends with. An empty message says nothing more than was
/// said.
struct Failure: Error {
    let status: ExitStatus
    let message: String

    init(_ status: ExitStatus, _ message: String = "") {
        self.status = status
        self.message = message
    }
}

private func systemExit(_ status: Int32) -> Never {
    exit(status)
}
