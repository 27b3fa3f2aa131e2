#include "CKernels.h"

#include <string.h>

// RFC 1321. Words are little-endian.

static uint32_t load32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

#define ROTATE(x, n) (((x) << (n)) | ((x) >> (32 - (n))))
#define F(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define G(x, y, z) ((y) ^ ((z) & ((x) ^ (y))))
#define H(x, y, z) ((x) ^ (y) ^ (z))
#define I(x, y, z) ((y) ^ ((x) | ~(z)))
#define STEP(f, a, b, c, d, word, i, n) a = b + ROTATE(a + f(b, c, d) + words[word] + sines[i], n)
#define ROUND(f, i, w0, w1, w2, w3, n0, n1, n2, n3) \
    STEP(f, a, b, c, d, w0, i, n0);                 \
    STEP(f, d, a, b, c, w1, i + 1, n1);             \
    STEP(f, c, d, a, b, w2, i + 2, n2);             \
    STEP(f, b, c, d, a, w3, i + 3, n3)

static void compress(uint32_t state[4], const uint8_t *block) {
    uint32_t words[16];
    for (int i = 0; i < 16; i++)
        words[i] = load32(block + 4 * i);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    ROUND(F, 0, 0, 1, 2, 3, 7, 12, 17, 22);
    ROUND(F, 4, 4, 5, 6, 7, 7, 12, 17, 22);
    ROUND(F, 8, 8, 9, 10, 11, 7, 12, 17, 22);
    ROUND(F, 12, 12, 13, 14, 15, 7, 12, 17, 22);
    ROUND(G, 16, 1, 6, 11, 0, 5, 9, 14, 20);
    ROUND(G, 20, 5, 10, 15, 4, 5, 9, 14, 20);
    ROUND(G, 24, 9, 14, 3, 8, 5, 9, 14, 20);
    ROUND(G, 28, 13, 2, 7, 12, 5, 9, 14, 20);
    ROUND(H, 32, 5, 8, 11, 14, 4, 11, 16, 23);
    ROUND(H, 36, 1, 4, 7, 10, 4, 11, 16, 23);
    ROUND(H, 40, 13, 0, 3, 6, 4, 11, 16, 23);
    ROUND(H, 44, 9, 12, 15, 2, 4, 11, 16, 23);
    ROUND(I, 48, 0, 7, 14, 5, 6, 10, 15, 21);
    ROUND(I, 52, 12, 3, 10, 1, 6, 10, 15, 21);
    ROUND(I, 56, 8, 15, 6, 13, 6, 10, 15, 21);
    ROUND(I, 60, 4, 11, 2, 9, 6, 10, 15, 21);
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void th_md5_init(th_md5_state *md5) {
    md5->state[0] = 0x67452301;
    md5->state[1] = 0xefcdab89;
    md5->state[2] = 0x98badcfe;
    md5->state[3] = 0x10325476;
    md5->length = 0;
}

void th_md5_update(th_md5_state *md5, const void *data, size_t length) {
    const uint8_t *p = data;
    size_t held = md5->length & 63;
    md5->length += length;
    if (held) {
        size_t wanted = 64 - held;
        if (length < wanted) {
            memcpy(md5->buffer + held, p, length);
            return;
        }
        memcpy(md5->buffer + held, p, wanted);
        compress(md5->state, md5->buffer);
        p += wanted;
        length -= wanted;
    }
    for (; length >= 64; p += 64, length -= 64)
        compress(md5->state, p);
    if (length)
        memcpy(md5->buffer, p, length);
}

void th_md5_final(th_md5_state *md5, uint8_t digest[16]) {
    uint64_t bits = md5->length * 8;
    size_t held = md5->length & 63;
    md5->buffer[held++] = 0x80;
    if (held > 56) {
        memset(md5->buffer + held, 0, 64 - held);
        compress(md5->state, md5->buffer);
        held = 0;
    }
    memset(md5->buffer + held, 0, 56 - held);
    for (int i = 0; i < 8; i++)
        md5->buffer[56 + i] = (uint8_t)(bits >> (8 * i));
    compress(md5->state, md5->buffer);
    for (int i = 0; i < 16; i++)
        digest[i] = (uint8_t)(md5->state[i / 4] >> (8 * (i % 4)));
}
