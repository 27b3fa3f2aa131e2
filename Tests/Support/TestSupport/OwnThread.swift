import Dispatch

/// Does long work on a thread of its own, so that tests which run as tasks go on meanwhile.
public func onOwnThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "test").async { continuation.resume(with: Result { try body() }) }
    }
}
