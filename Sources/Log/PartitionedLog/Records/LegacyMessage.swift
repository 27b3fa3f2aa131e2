import DurableIO

// A message of format 0 or 1 (Kafka before 0.11), big-endian:
//
//   off  size  field
//   0    8     offset                 of the last of the messages inside, where it is compressed
//   8    4     messageSize            bytes after this field
//   12   4     crc                    CRC-32 of byte 16 to the end
//   16   1     magic                  0 or 1
//   17   1     attributes             bits 0-2 codec, 3 timestamp type (format 1)
//   18   8     timestamp              format 1 alone
//   then       int32 length and key, int32 length and value; -1 for null

/// Tells messages of the formats 0 and 1, which are not read here, from damage.
enum LegacyMessage {
    /// Offset, size, checksum, magic: what has to be there to tell.
    private static let prefixBytes = 17
    /// What comes before the bytes that the size counts.
    private static let lengthOverhead = 12

    /// What there is to say of a partition's directory in which a segment begins with such a message.
    static func refusal(inDirectory directory: String, _ fileSystem: FileSystem) throws -> LogError? {
        for name in try fileSystem.list(directory) where SegmentPaths.baseOffset(name, suffix: ".log") != nil
        {
            let file = try fileSystem.open("\(directory)/\(name)", .read)
            if let refusal = try refusal(in: file, at: 0, to: try file.size()) { return refusal }
        }
        return nil
    }

    /// What there is to say where a whole message of one of these formats begins at `position`; `nil` where none does.
    ///
    /// Zeros, as a power cut leaves them, have the magic byte 0: the checksum decides.
    static func refusal(in file: File, at position: Int, to end: Int) throws -> LogError? {
        guard end - position >= prefixBytes else { return nil }
        let prefix = try file.read(at: position, count: prefixBytes)
        guard prefix.count == prefixBytes, prefix[16] <= 1 else { return nil }
        let size = prefix.withUnsafeBytes { Int($0.bigEndian(at: 8, as: Int32.self)) }
        let least = prefix[16] == 0 ? 14 : 22
        guard size >= least, size <= min(RecordBatch.byteCountMax, end - position - lengthOverhead) else {
            return nil
        }
        let message = try file.read(at: position + lengthOverhead, count: size)
        guard message.count == size else { return nil }
        let isIntact = message.withUnsafeBytes { message in
            CRC32.checksum(UnsafeRawBufferPointer(rebasing: message[4...]))
                == message.bigEndian(at: 0, as: UInt32.self)
        }
        guard isIntact else { return nil }
        let version = prefix[16] == 0 ? "before 0.10" : "0.10"
        return LogError(
            .unsupportedForMessageFormat,
            "a message of format \(prefix[16]), which is that of Kafka \(version): only format 2 (Kafka 0.11 and later) is read, and "
                + "nothing is written beside older ones. Kafka 0.11 to 3.9 copies such a topic into format 2: consume it "
                + "there and produce it to a new topic"
        ).located(file.path, position)
    }
}
