// A segment holds one column of one row group: up to 131,072 values. All numbers are little-endian.
//
//   0  4  "THS1"
//   4  4  CRC-32C of everything behind it
//   8  1  layout of the values: 0 bool, 1 int64, 2 int128, 3 double, 4 string (`Layout`)
//   9  1  flags: 1 strings are JSON text, 2 there is a validity stream, 4 values are in chunks,
//         8 the text of the dictionary is a zstd frame
//  10  1  scale of integers: digits behind the point
//  11  1  0
//  12  4  number of rows
//  16  4  bytes of the values           section 1: integer stream, wide stream or chunks
//  20  4  bytes of the validity         section 2: integer stream of 0 NULL, 1 value, 2 JSON null
//  24  4  bytes of the string lengths   section 3: integer stream, a length for each string of the dictionary
//  28  4  bytes of the strings          section 4: all strings, one after the other, perhaps compressed
//  32  4  bytes of the strings, uncompressed
//  36  4  number of strings
//  40  8  factor: what integers of 64 bits are multiplied by to get the values, 1 in other layouts
//  48     the four sections
//
// bool, validity, codes of strings, lengths and doubles (as integers of the same order) all are integer
// streams; values of rows that are NULL repeat a neighbour.
//
// Integer stream: mode 1 is followed by one integer of 64 bits, which all values are. Mode 0 is followed by
// the end of each block of 1,024 values (32 bits each, counted from the first block), and the blocks:
//
//   0  1  encoding: 0 constant, 1 frame of reference, 2 delta, 3 runs; frames and deltas with patches +128
//   1  1  width: bits of a packed value; for runs the bytes of a value (0 to 8)
//   2  2  number of patches or runs
//   4  8  constant: the value. Frame: the least value. Delta: the first value. Runs: the least value
//  12 24  delta only: least delta, least value, greatest value
//      9  with patches: least patch, bytes of a patch (0 to 8)
//         packed values less the least value (the least delta), see unpack.c; places of patches (16 bits
//         each), patches less the least; or the ends of runs (16 bits each), values of runs less the least
//
// All sums wrap around 64 bits. The least and greatest value of a block are known from its head, see
// `IntegerBlock.bounds`, or are bounded by it.
//
// Wide stream: the end of each block (32 bits each), and blocks of 128-bit integers: encoding (0 constant,
// 1 frame of reference, 2 plain), width, least value of 16 bytes; packed values less the least; or values of
// 16 bytes each.
//
// Chunks: the end of each chunk of 8,192 doubles (32 bits each), and chunks: 0 and the doubles, or 1 and a
// zstd frame of their bytes: the first byte of each, the second byte of each, and so on.

/// Sizes that readers and writers of segments agree on.
package enum SegmentFormat {
    /// The most rows of a row group.
    package static let rowsMax = 131_072
    /// The values of a block.
    package static let blockRows = 1024
    /// The values of a chunk.
    static let chunkRows = 8192

    static let magic: UInt32 = 0x3153_4854
    static let headerBytes = 48

    static let jsonFlag: UInt8 = 1
    static let validityFlag: UInt8 = 2
    static let chunksFlag: UInt8 = 4
    static let compressedTextFlag: UInt8 = 8

    /// The bytes of packed values.
    @inline(__always)
    static func packedBytes(_ rows: Int, width: Int) -> Int {
        ((rows + 31) / 32 * width + 31) / 32 * 128
    }
}

/// How blocks are encoded, for statistics.
package enum BlockEncoding: Int, CaseIterable, Sendable {
    case constant, frame, delta, runs, patchedFrame, patchedDelta, wide, chunk
}
