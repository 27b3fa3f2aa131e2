#include "CKernels.h"
#include "crc_fold.h"

#include <string.h>

// Reflected CRCs without an instruction of their own: slicing-by-8, and folding where the processor can. Those of 32
// bits use the lower half of a word.
typedef struct {
    uint64_t table[8][256]; // table[k][b] is the CRC of byte b followed by k zero bytes
    th_fold_factors factors;
} crc_kind;

static crc_kind crc32_kind, crc64_kind;
static int has_folding;

static void fill(crc_kind *kind, uint64_t polynomial, int width) {
    for (uint64_t byte = 0; byte < 256; byte++) {
        uint64_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (polynomial & (0ull - (crc & 1)));
        kind->table[0][byte] = crc;
    }
    for (uint64_t byte = 0; byte < 256; byte++)
        for (int k = 1; k < 8; k++)
            kind->table[k][byte] = (kind->table[k - 1][byte] >> 8) ^ kind->table[0][kind->table[k - 1][byte] & 0xFF];
    th_fold_init(&kind->factors, polynomial, width);
}

__attribute__((constructor)) static void fill_all(void) {
    fill(&crc32_kind, 0xEDB88320u, 32);
    fill(&crc64_kind, 0x9A6C9329AC4BC9B5ull, 64);
    has_folding = th_fold_available();
}

static uint64_t slice(const crc_kind *kind, uint64_t crc, const uint8_t *p, size_t length) {
    for (; length >= 8; p += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        word ^= crc;
        crc = 0;
        for (int k = 0; k < 8; k++)
            crc ^= kind->table[7 - k][word >> (8 * k) & 0xFF];
    }
    while (length--)
        crc = (crc >> 8) ^ kind->table[0][(crc ^ *p++) & 0xFF];
    return crc;
}

static uint64_t update(const crc_kind *kind, uint64_t crc, const uint8_t *p, size_t length) {
    if (length >= TH_FOLD_MINIMUM && has_folding) {
        uint8_t rest[16];
        size_t folded = th_fold(&kind->factors, crc, p, length, rest);
        return slice(kind, slice(kind, 0, rest, sizeof rest), p + folded, length - folded);
    }
    return slice(kind, crc, p, length);
}

uint32_t th_crc32(uint32_t crc, const void *data, size_t length) {
    return ~(uint32_t)update(&crc32_kind, (uint32_t)~crc, data, length);
}

uint64_t th_crc64nvme(uint64_t crc, const void *data, size_t length) {
    return ~update(&crc64_kind, ~crc, data, length);
}
