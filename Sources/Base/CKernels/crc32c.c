#include "CKernels.h"
#include "crc_fold.h"

#include <string.h>

// Slicing-by-8: table[k][b] is the CRC of byte b followed by k zero bytes.
static uint32_t table[8][256];

__attribute__((constructor)) static void fill_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1)));
        table[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++)
        for (int k = 1; k < 8; k++)
            table[k][byte] = (table[k - 1][byte] >> 8) ^ table[0][table[k - 1][byte] & 0xFF];
}

uint32_t th_crc32c_portable(uint32_t crc, const void *data, size_t length) {
    const uint8_t *p = data;
    crc = ~crc;
    while (length >= 8) {
        uint32_t low = crc ^ ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
        crc = table[7][low & 0xFF] ^ table[6][(low >> 8) & 0xFF] ^ table[5][(low >> 16) & 0xFF] ^
              table[4][low >> 24] ^ table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
        p += 8;
        length -= 8;
    }
    while (length--)
        crc = (crc >> 8) ^ table[0][(crc ^ *p++) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>
#define CRC32C_TARGET __attribute__((target("sse4.2")))
#define CRC32C_WORD(crc, word) _mm_crc32_u64(crc, word)
#define CRC32C_BYTE(crc, byte) _mm_crc32_u8((uint32_t)(crc), byte)
#define CRC32C_AVAILABLE __builtin_cpu_supports("sse4.2")
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#define CRC32C_TARGET
#define CRC32C_WORD(crc, word) __crc32cd((uint32_t)(crc), word)
#define CRC32C_BYTE(crc, byte) __crc32cb((uint32_t)(crc), byte)
#define CRC32C_AVAILABLE 1
#endif

#ifdef CRC32C_AVAILABLE

// One instruction takes three cycles and a processor starts one each cycle, so three streams run side by side: three
// neighbouring blocks, whose checksums are then joined. Moving a checksum over the zero bytes of a block is linear,
// so a table for each of its four bytes does it.
enum { LONG_BLOCK = 4096, SHORT_BLOCK = 256 };
static uint32_t long_shift[4][256], short_shift[4][256];

static void fill_shift(uint32_t shift[4][256], size_t zeros) {
    uint32_t basis[32];
    for (int bit = 0; bit < 32; bit++) {
        uint32_t crc = 1u << bit;
        for (size_t i = 0; i < zeros; i++)
            crc = (crc >> 8) ^ table[0][crc & 0xFF];
        basis[bit] = crc;
    }
    for (int k = 0; k < 4; k++)
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint32_t crc = 0;
            for (int bit = 0; bit < 8; bit++)
                if (byte >> bit & 1)
                    crc ^= basis[8 * k + bit];
            shift[k][byte] = crc;
        }
}

__attribute__((constructor)) static void fill_shifts(void) {
    fill_table(); // in whatever order the two are run
    fill_shift(long_shift, LONG_BLOCK);
    fill_shift(short_shift, SHORT_BLOCK);
}

static inline uint64_t shifted(uint32_t shift[4][256], uint64_t crc) {
    return shift[0][crc & 0xFF] ^ shift[1][crc >> 8 & 0xFF] ^ shift[2][crc >> 16 & 0xFF] ^ shift[3][crc >> 24 & 0xFF];
}

static inline uint64_t word_at(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

CRC32C_TARGET static uint32_t crc32c_hardware(uint32_t crc, const void *data, size_t length) {
    const uint8_t *p = data;
    uint64_t c = ~crc;
#define THREE_BLOCKS(block, shift)                                                                                     \
    while (length >= 3 * (block)) {                                                                                    \
        uint64_t c1 = 0, c2 = 0;                                                                                       \
        for (size_t i = 0; i < (block); i += 8) {                                                                      \
            c = CRC32C_WORD(c, word_at(p + i));                                                                        \
            c1 = CRC32C_WORD(c1, word_at(p + (block) + i));                                                            \
            c2 = CRC32C_WORD(c2, word_at(p + 2 * (block) + i));                                                        \
        }                                                                                                              \
        c = shifted(shift, shifted(shift, c) ^ c1) ^ c2;                                                               \
        p += 3 * (block);                                                                                              \
        length -= 3 * (block);                                                                                         \
    }
    THREE_BLOCKS(LONG_BLOCK, long_shift)
    THREE_BLOCKS(SHORT_BLOCK, short_shift)
#undef THREE_BLOCKS
    for (; length >= 8; p += 8, length -= 8)
        c = CRC32C_WORD(c, word_at(p));
    while (length--)
        c = CRC32C_BYTE(c, *p++);
    return ~(uint32_t)c;
}

static th_fold_factors factors;
static int has_folding;

__attribute__((constructor)) static void prepare_folding(void) {
    th_fold_init(&factors, 0x82F63B78u, 32);
    has_folding = th_fold_available();
}

static uint32_t crc32c_folding(uint32_t crc, const void *data, size_t length) {
    uint8_t rest[16];
    size_t folded = th_fold(&factors, (uint32_t)~crc, data, length, rest);
    // What is left stands for 16 bytes with nothing before them.
    uint32_t checksum = crc32c_hardware(~0u, rest, sizeof rest);
    return crc32c_hardware(checksum, (const uint8_t *)data + folded, length - folded);
}

uint32_t th_crc32c(uint32_t crc, const void *data, size_t length) {
    if (length >= TH_FOLD_MINIMUM && has_folding)
        return crc32c_folding(crc, data, length);
    if (CRC32C_AVAILABLE)
        return crc32c_hardware(crc, data, length);
    return th_crc32c_portable(crc, data, length);
}

#else

uint32_t th_crc32c(uint32_t crc, const void *data, size_t length) {
    return th_crc32c_portable(crc, data, length);
}

#endif
