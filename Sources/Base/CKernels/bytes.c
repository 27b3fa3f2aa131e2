#include "CKernels.h"
#include "dispatch.h"

// Counts in bytes, 64 side by side, which hold the hits of up to 255 rounds.
BODY size_t count_byte_body(const void *data, size_t length, uint8_t byte) {
    const uint8_t *p = data;
    size_t count = 0, i = 0;
    while (length - i >= 64) {
        uint8_t hits[64] = {0};
        const size_t rounds = (length - i) / 64 < 255 ? (length - i) / 64 : 255;
        for (size_t round = 0; round < rounds; round++, i += 64)
            for (size_t j = 0; j < 64; j++)
                hits[j] += p[i + j] == byte;
        for (size_t j = 0; j < 64; j++)
            count += hits[j];
    }
    for (; i < length; i++)
        count += p[i] == byte;
    return count;
}

DISPATCH(size_t, count_byte, (const void *data, size_t length, uint8_t byte), (data, length, byte))
