// Loops whose rate matters and that need instructions or wrapping arithmetic that C expresses best.
// Every function is pure: it reads `length` bytes at `data` and keeps no state of its own.

#ifndef TAPEHOUSE_CKERNELS_H
#define TAPEHOUSE_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli), the checksum of Kafka's record batches. `crc` is 0 for the first piece, or the
/// result for the bytes before. Uses SSE4.2 or ARMv8 instructions where the processor has them.
uint32_t th_crc32c(uint32_t crc, const void *data, size_t length);

/// The table-driven form of `th_crc32c`, for processors without the instruction. The same results.
uint32_t th_crc32c_portable(uint32_t crc, const void *data, size_t length);

/// CRC-32 (IEEE 802.3), of gzip and S3. `crc` as above. Folds with VPCLMULQDQ where the processor has it.
uint32_t th_crc32(uint32_t crc, const void *data, size_t length);

/// CRC-64/NVME, S3's default checksum. `crc` as above. Folds with VPCLMULQDQ where the processor has it.
uint64_t th_crc64nvme(uint64_t crc, const void *data, size_t length);

/// HighwayHash-256 of `data` with a 32-byte `key`, as MinIO uses it against bit rot.
void th_highwayhash256(const uint8_t key[32], const void *data, size_t length, uint8_t digest[32]);

#endif
