package import Vectors

/// Encoded bytes in memory of their own. Immutable; may be shared between threads.
package struct SegmentBytes: @unchecked Sendable {
    // Nobody writes to the memory once it is in here.

    package let memory: VectorMemory
    package let count: Int

    package init(_ memory: VectorMemory, count: Int) {
        precondition(count <= memory.byteCount, "\(count) bytes do not fit \(memory.byteCount)")
        self.memory = memory
        self.count = count
    }

    /// A copy of bytes.
    package init(copying bytes: UnsafeRawBufferPointer) {
        let memory = VectorMemory(byteCount: bytes.count)
        if let base = bytes.baseAddress { memory.pointer.copyMemory(from: base, byteCount: bytes.count) }
        self.init(memory, count: bytes.count)
    }

    /// A copy of the bytes.
    package var array: [UInt8] { withExtendedLifetime(memory) { Array(bytes) } }

    /// The bytes; only while `self` lives, which its user sees to.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory.pointer, count: count) }
}

/// Bytes that do not follow their format. The layers above add the place and make a `ColumnStoreError` of it.
struct SegmentDamage: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

/// Appends little-endian values to growing memory.
struct ByteSink {
    private(set) var memory: VectorMemory
    private(set) var count = 0

    init(capacity: Int = 1024) {
        memory = VectorMemory(byteCount: capacity)
    }

    /// The first `count` bytes of another sink, which must not be used after.
    init(keeping other: ByteSink, count: Int) {
        memory = other.memory
        self.count = count
    }

    /// Room for `added` bytes, which count as written at once. The address holds until the next call.
    mutating func extend(_ added: Int) -> UnsafeMutableRawPointer {
        if count + added > memory.byteCount {
            let larger = VectorMemory(byteCount: (count + added) * 2)
            larger.pointer.copyMemory(from: memory.pointer, byteCount: count)
            memory = larger
        }
        defer { count += added }
        return memory.pointer + count
    }

    mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        extend(MemoryLayout<Value>.size).storeBytes(of: value.littleEndian, as: Value.self)
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        let target = extend(bytes.count)
        if let base = bytes.baseAddress { target.copyMemory(from: base, byteCount: bytes.count) }
    }

    /// What another sink has been given.
    mutating func append(_ other: ByteSink) {
        withExtendedLifetime(other) { append(other.bytes) }
    }

    mutating func append(_ segment: SegmentBytes) {
        withExtendedLifetime(segment) { append(segment.bytes) }
    }

    /// A count of bytes in 32 bits, and the bytes.
    mutating func appendCounted(_ bytes: [UInt8]) {
        append(UInt32(bytes.count))
        bytes.withUnsafeBytes { append($0) }
    }

    /// The low `width` bytes of a value.
    mutating func append(_ value: UInt64, width: Int) {
        let target = extend(width)
        for index in 0..<width {
            target.storeBytes(
                of: UInt8(truncatingIfNeeded: value >> UInt64(8 * index)), toByteOffset: index, as: UInt8.self
            )
        }
    }

    /// Writes over bytes already there.
    mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        precondition(offset + MemoryLayout<Value>.size <= count, "nothing has been written at \(offset)")
        memory.pointer.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory.pointer, count: count) }

    func finish() -> SegmentBytes { SegmentBytes(memory, count: count) }
}

/// Takes little-endian values off bytes, never beyond their end.
struct ByteSource {
    private(set) var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= rest.count else { throw SegmentDamage("it ends before its format does") }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }

    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type = Value.self) throws
        -> Value
    {
        Value(littleEndian: try take(MemoryLayout<Value>.size).loadUnaligned(as: Value.self))
    }

    mutating func countedBytes() throws -> [UInt8] { Array(try take(Int(try integer(UInt32.self)))) }
}

/// How many bits a number takes.
@inline(__always)
func bitWidth(_ value: UInt64) -> Int { 64 - value.leadingZeroBitCount }

/// How many bytes a number takes.
@inline(__always)
func byteWidth(_ value: UInt64) -> Int { (bitWidth(value) + 7) / 8 }
