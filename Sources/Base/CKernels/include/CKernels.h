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

/// Opens a file to read it where no part of its path is a symbolic link, without waiting for a pipe. The one function
/// here that asks the system: Swift cannot make this call itself.
/// Returns a descriptor; -1 with ELOOP where there is a link, with ENOSYS where the system cannot tell.
int th_open_without_links(const char *path);

/// How often a byte occurs.
size_t th_count_byte(const void *data, size_t length, uint8_t byte);

// Bit-packed blocks (unpack.c). A block has up to 1,024 values in `rows` rows of 32. Packed, it takes
// (rows * width + 31) / 32 * 128 bytes, at any address; `out` has room for 32 * rows values.

/// Unpacks values of `width` bits (0 to 64) and adds `base` to each, wrapping around.
void th_unpack64(const void *packed, unsigned width, size_t rows, int64_t base, int64_t *out);

/// The same for values of up to 32 bits, `width` at most 32.
void th_unpack32(const void *packed, unsigned width, size_t rows, uint32_t base, uint32_t *out);

/// Packs the low `width` bits of `values` less `base`.
void th_pack64(const int64_t *values, int64_t base, unsigned width, size_t rows, void *packed);

/// What decides on the encoding of a block. Deltas wrap around; those of one value are 0.
typedef struct {
    int64_t min, max, delta_min, delta_max;
    uint64_t runs;
} th_survey;

/// Looks over `count` values, at least 1. Deltas and runs are only counted where not all values are equal.
void th_survey_block(const int64_t *values, size_t count, th_survey *survey);

/// The difference of each value to the one before, wrapping around; the first is 0.
void th_deltas(const int64_t *values, size_t count, int64_t *out);

/// The least and the greatest of the values in `low ... high`; `high` and `low` where there is none.
void th_window(const int64_t *values, size_t count, int64_t low, int64_t high, int64_t *min, int64_t *max);

/// Doubles as decimals: `out` times 1 / `power` is each value, bit by bit, and at most 15 digits long.
/// Returns 0 where a value is not such a decimal; `out` is then of no use. `power` is 10^0 to 10^9.
int th_decimals(const double *values, size_t count, double power, int64_t *out);

/// Multiplies in place, wrapping around.
void th_multiply(int64_t *values, size_t count, int64_t factor);

/// 2^shift times an odd number, whose inverse modulo 2^64 is given, and the range that quotients are in.
typedef struct {
    uint64_t inverse;
    int64_t min, max;
    unsigned shift;
} th_divisor;

/// Divides values of which the quotients of all multiples of the divisor are in its range.
/// Returns 0 where a value is no multiple; `out` is then of no use.
int th_divide(const int64_t *values, size_t count, const th_divisor *divisor, int64_t *out);

/// The greatest value; 0 of none.
uint32_t th_max32(const uint32_t *values, size_t count);

/// The low bits of each value.
void th_narrow32(const int64_t *values, size_t count, uint32_t *out);
void th_narrow8(const int64_t *values, size_t count, uint8_t *out);

/// The least and the greatest value; INT64_MAX and INT64_MIN of none.
void th_range(const int64_t *values, size_t count, int64_t *least, int64_t *greatest);

/// How many values differ from the one before them.
size_t th_changes(const uint32_t *values, size_t count);
size_t th_changes64(const uint64_t *values, size_t count);

/// Where the run of equal values ends that begins at `start`, which is below `count`.
size_t th_run_end(const uint32_t *values, size_t start, size_t count);
size_t th_run_end64(const uint64_t *values, size_t start, size_t count);

/// Sums up in place: `first`, then each value added to the sum before it, wrapping around. `count` is at least 1.
void th_prefix_sum(int64_t *values, size_t count, int64_t first);

/// How many values differ from `center` by so many bits.
void th_spread(const int64_t *values, size_t count, int64_t center, uint32_t counts[65]);

/// The places of values that less `base`, wrapping around, are over `range`. `positions` has room for `count`.
size_t th_outside(const int64_t *values, size_t count, int64_t base, uint64_t range, uint16_t *positions);

/// Puts `base` plus little-endian integers of `width` bytes at places given by 16 bits each, modulo 1,024.
void th_patch(int64_t *values, const void *positions, const void *patches, unsigned width, size_t count, int64_t base);

/// Writes runs: `base` plus little-endian integers of `width` bytes, each up to an end given by 16 bits.
/// Returns 0 where the ends do not rise to `count`.
int th_fill_runs(const void *ends, const void *values, unsigned width, size_t runs, int64_t base, size_t count, int64_t *out);

/// The sum of fewer than 2^31 values: `high` times 2^32 plus `low`.
void th_sum64(const int64_t *values, size_t count, int64_t *high, uint64_t *low);

/// Gives free memory back to the system, where the C library can (glibc's malloc_trim, which Swift does not see).
void th_trim_memory(void);

#endif
