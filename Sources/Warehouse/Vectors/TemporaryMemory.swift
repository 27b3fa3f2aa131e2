/// Calls `body` with uninitialised memory for values without references, which is gone when it returns.
///
/// (Swift 6.3 in release mode compiles the standard library's `withUnsafeTemporaryAllocation` wrongly for
/// large capacities
/// and closures that do not throw.)
@inlinable
public func withTemporaryMemory<Value: BitwiseCopyable, Result>(
    of type: Value.Type, capacity: Int, _ body: (UnsafeMutableBufferPointer<Value>) throws -> Result
) rethrows -> Result {
    let memory = UnsafeMutableBufferPointer<Value>.allocate(capacity: capacity)
    defer { memory.deallocate() }
    return try body(memory)
}
