import CKernels

/// CRC-32 (IEEE 802.3), which guards gzip and objects in S3.
public enum CRC32 {
    /// The checksum of `bytes`; `seed` is the checksum of the bytes before them.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        th_crc32(seed, bytes.baseAddress, bytes.count)
    }
}

/// CRC-64/NVME, S3's default checksum (NVM Express base specification, polynomial 0xAD93D23594C93659).
public enum CRC64NVME {
    /// The checksum of `bytes`; `seed` is the checksum of the bytes before them.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        th_crc64nvme(seed, bytes.baseAddress, bytes.count)
    }
}
