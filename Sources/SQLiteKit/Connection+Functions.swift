internal import CSQLite

/// The running state of an aggregate function over numbers.
public protocol NumberAggregate {
    /// The state before any row.
    init()
    /// Takes a value that is not NULL.
    mutating func add(_ value: Double)
    /// The result, or `nil` for NULL.
    var result: Double? { get }
}

extension Connection {
    /// Adds a function of two numbers (the second an integer), which is NULL where an argument is.
    public func addFunction(_ name: String, _ function: @escaping (Double, Int64) -> Double) {
        let box = Unmanaged.passRetained(Box(function))
        let result = sqlite3_create_function_v2(
            handle, name, 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, box.toOpaque(),
            { context, _, arguments in
                guard let arguments, let data = sqlite3_user_data(context) else { return }
                let function = Unmanaged<Box<(Double, Int64) -> Double>>.fromOpaque(data)
                    .takeUnretainedValue()
                guard sqlite3_value_type(arguments[0]) != SQLITE_NULL,
                    sqlite3_value_type(arguments[1]) != SQLITE_NULL
                else { return sqlite3_result_null(context) }
                sqlite3_result_double(
                    context,
                    function.value(sqlite3_value_double(arguments[0]), sqlite3_value_int64(arguments[1])))
            }, nil, nil, releaseBox)
        precondition(result == SQLITE_OK, "cannot add the function \(name)")
    }

    /// Adds an aggregate over one numeric column; NULLs are passed over.
    public func addAggregate<Aggregate: NumberAggregate>(_ name: String, _ type: Aggregate.Type) {
        // One function pointer serves every aggregate: the state sits behind a class, one object a group.
        let factory = Unmanaged.passRetained(Box<() -> AggregateState> { AggregateState(Aggregate()) })
        let result = sqlite3_create_function_v2(
            handle, name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, factory.toOpaque(), nil,
            { context, _, arguments in
                guard let arguments, sqlite3_value_type(arguments[0]) != SQLITE_NULL,
                    let slot = aggregateSlot(context, size: MemoryLayout<UnsafeRawPointer?>.size)
                else { return }
                if slot.pointee == nil, let data = sqlite3_user_data(context) {
                    let factory = Unmanaged<Box<() -> AggregateState>>.fromOpaque(data).takeUnretainedValue()
                    slot.pointee = UnsafeRawPointer(Unmanaged.passRetained(factory.value()).toOpaque())
                }
                guard let state = slot.pointee else { return }
                Unmanaged<AggregateState>.fromOpaque(state)._withUnsafeGuaranteedRef {
                    $0.add(sqlite3_value_double(arguments[0]))
                }
            },
            { context in
                guard let slot = aggregateSlot(context, size: 0), let state = slot.pointee else {
                    return sqlite3_result_null(context)
                }
                let aggregate = Unmanaged<AggregateState>.fromOpaque(state).takeRetainedValue()
                slot.pointee = nil
                if let value = aggregate.result {
                    sqlite3_result_double(context, value)
                } else {
                    sqlite3_result_null(context)
                }
            }, releaseBox)
        precondition(result == SQLITE_OK, "cannot add the aggregate \(name)")
    }
}

/// Lets go of a box when SQLite drops the function that it belongs to.
private func releaseBox(_ box: UnsafeMutableRawPointer?) {
    if let box { Unmanaged<AnyObject>.fromOpaque(box).release() }
}

private final class Box<Value> {
    let value: Value
    init(_ value: Value) { self.value = value }
}

private final class AggregateState {
    private var aggregate: any NumberAggregate
    init(_ aggregate: any NumberAggregate) { self.aggregate = aggregate }
    func add(_ value: Double) { aggregate.add(value) }
    var result: Double? { aggregate.result }
}

private func aggregateSlot(_ context: OpaquePointer?, size: Int) -> UnsafeMutablePointer<UnsafeRawPointer?>? {
    sqlite3_aggregate_context(context, Int32(size))?.assumingMemoryBound(to: UnsafeRawPointer?.self)
}
