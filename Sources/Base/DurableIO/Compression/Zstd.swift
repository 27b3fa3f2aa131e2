import CZstd

/// Errors of this module for what libzstd reports.
private func check(_ result: Int, _ action: String) throws -> Int {
    guard ZSTD_isError(result) == 0 else {
        throw DurableIOError(
            code: .corrupt,
            message: "cannot \(action): zstd says \(String(cString: ZSTD_getErrorName(result)))")
    }
    return result
}

/// Compresses to zstd frames (RFC 8878). Keeps its tables between calls; not thread-safe.
public final class ZstdCompressor {
    private let context: OpaquePointer

    /// A compressor at `level` (1 is fast, 3 is zstd's default, 19 is slow).
    ///
    /// - Parameter tableLog: the binary logarithm of the entries of its tables, where it is not to be what the level
    ///   has. With 16, four times what level 1 has, many short lines become smaller, and faster than with fewer.
    public init(level: Int32 = 1, tableLog: Int32? = nil) {
        guard let context = ZSTD_createCCtx() else { preconditionFailure("no memory for a zstd context") }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        if let tableLog { ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, tableLog) }
        self.context = context
    }

    deinit {
        ZSTD_freeCCtx(context)
    }

    /// Appends `bytes` to `output` as one whole frame that states its content size.
    public func compress(_ bytes: UnsafeRawBufferPointer, appendingTo output: inout [UInt8]) throws {
        let start = output.count
        let bound = ZSTD_compressBound(bytes.count)
        output.append(contentsOf: repeatElement(0, count: bound))
        let count = output.withUnsafeMutableBytes {
            ZSTD_compress2(context, $0.baseAddress.map { $0 + start }, bound, bytes.baseAddress, bytes.count)
        }
        output.removeLast(bound - (try check(count, "compress")))
    }

    /// A whole frame of `bytes`, which states its content size.
    public func frame(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] {
        // What the frame does not need of the space is never touched, and so takes no memory.
        try [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { space, count in
            count = try check(
                ZSTD_compress2(context, space.baseAddress, space.count, bytes.baseAddress, bytes.count),
                "compress")
        }
    }

    /// Appends to `output` what is ready of a frame that `bytes` continue.
    ///
    /// - Parameter last: ends the frame; the next call starts another.
    public func stream(_ bytes: UnsafeRawBufferPointer, last: Bool, appendingTo output: inout [UInt8]) throws
    {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        let step = ZSTD_CStreamOutSize()
        while true {
            let start = output.count
            output.append(contentsOf: repeatElement(0, count: step))
            let (remaining, written) = output.withUnsafeMutableBytes { buffer in
                var space = ZSTD_outBuffer(dst: buffer.baseAddress.map { $0 + start }, size: step, pos: 0)
                let remaining = ZSTD_compressStream2(
                    context, &space, &input, last ? ZSTD_e_end : ZSTD_e_continue)
                return (remaining, space.pos)
            }
            output.removeLast(step - written)
            let left = try check(remaining, "compress")
            if last ? left == 0 : input.pos == input.size { return }
        }
    }
}

/// Decompresses zstd frames. Not thread-safe.
public final class ZstdDecompressor {
    private let context: OpaquePointer

    /// Whether the bytes given so far end where a frame ends.
    public private(set) var isAtFrameBoundary = true

    /// A decompressor at the start of a frame. Frames that need a window over 128 MiB are refused.
    public init() {
        guard let context = ZSTD_createDCtx() else { preconditionFailure("no memory for a zstd context") }
        self.context = context
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// Decompresses the next piece of a stream of frames.
    ///
    /// - Returns: how many bytes of `input` were taken and how many of `output` were filled.
    public func stream(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws -> (consumed: Int, produced: Int) {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var space = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let hint = try check(ZSTD_decompressStream(context, &space, &source), "decompress")
        if source.pos > 0 || space.pos > 0 { isAtFrameBoundary = hint == 0 }
        return (source.pos, space.pos)
    }

    /// Decompresses whole frames, replacing the content of `output`.
    ///
    /// - Parameters:
    ///   - limit: the most bytes that may come out; more is an error, so that hostile input cannot fill memory.
    ///   - expecting: how many bytes will probably come out; it spares growing, and being wrong costs little.
    public func decompress(
        _ bytes: UnsafeRawBufferPointer, into output: inout [UInt8], limit: Int, expecting: Int = 0
    ) throws {
        ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
        isAtFrameBoundary = true
        output.removeAll(keepingCapacity: true)
        var consumed = 0
        while consumed < bytes.count || !isAtFrameBoundary {
            let start = output.count
            let wanted = start == 0 ? max(Self.firstStep(bytes), expecting) : max(128 << 10, start)
            let step = min(wanted, limit - start + 1)
            output.append(contentsOf: repeatElement(0, count: step))
            let (taken, produced) = try output.withUnsafeMutableBytes { buffer in
                try stream(
                    UnsafeRawBufferPointer(rebasing: bytes[consumed...]),
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]))
            }
            consumed += taken
            output.removeLast(step - produced)
            if output.count > limit {
                throw DurableIOError(
                    code: .corrupt,
                    message: "cannot decompress: the content is over its limit of \(limit) bytes")
            }
            if taken == 0, produced == 0 {
                throw DurableIOError(
                    code: .truncated, message: "cannot decompress: the zstd frame is cut short")
            }
        }
    }
}

extension ZstdDecompressor {
    /// How much space to begin with: what the frame says that it holds, believed up to a point.
    private static func firstStep(_ bytes: UnsafeRawBufferPointer) -> Int {
        let size = ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count)
        // The two largest numbers stand for a size that is not known and for no frame at all.
        return size > 1 << 20 ? 128 << 10 : max(64, Int(size))
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes start with the magic number of a zstd frame, `28 b5 2f fd`, or of a skippable one,
    /// `5x 2a 4d 18`.
    public var startsWithZstdMagic: Bool {
        guard count >= 4 else { return false }
        let magic = UInt32(littleEndian: loadUnaligned(as: UInt32.self))
        return magic == 0xfd2f_b528 || magic & 0xffff_fff0 == 0x184d_2a50
    }
}
