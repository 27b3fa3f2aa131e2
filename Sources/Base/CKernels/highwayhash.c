#include "CKernels.h"

#include <string.h>

// HighwayHash (Alakuijala, Cox, Wassenberg: "Fast keyed hash/pseudo-random function using SIMD multiply and
// permute", arXiv 1612.06257), 256-bit result. Four 64-bit lanes in each of four state vectors; a packet is 32 bytes.

typedef struct {
    uint64_t v0[4], v1[4], mul0[4], mul1[4];
} hh_state;

static uint64_t load64(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static uint64_t rotate64(uint64_t x, unsigned n) { return n == 0 ? x : (x << n) | (x >> (64 - n)); }
static uint64_t swap_halves(uint64_t x) { return rotate64(x, 32); }

static void reset(hh_state *s, const uint8_t key[32]) {
    static const uint64_t mul0[4] = {
        0xdbe6d5d5fe4cce2full, 0xa4093822299f31d0ull, 0x13198a2e03707344ull, 0x243f6a8885a308d3ull};
    static const uint64_t mul1[4] = {
        0x3bd39e10cb0ef593ull, 0xc0acf169b5f18a8cull, 0xbe5466cf34e90c6cull, 0x452821e638d01377ull};
    for (int i = 0; i < 4; i++) {
        uint64_t k = load64(key + 8 * i);
        s->mul0[i] = mul0[i];
        s->mul1[i] = mul1[i];
        s->v0[i] = mul0[i] ^ k;
        s->v1[i] = mul1[i] ^ swap_halves(k);
    }
}

#define BYTE(v, n) ((v) & (0xffull << (8 * (n))))

// Adds a fixed byte permutation of the pair (hi, lo) to the pair (*add1, *add0).
static inline void zipper_merge_add(uint64_t hi, uint64_t lo, uint64_t *add1, uint64_t *add0) {
    *add0 += ((BYTE(lo, 3) | BYTE(hi, 4)) >> 24) | ((BYTE(lo, 5) | BYTE(hi, 6)) >> 16) | BYTE(lo, 2) |
             (BYTE(lo, 1) << 32) | (BYTE(hi, 7) >> 8) | (lo << 56);
    *add1 += ((BYTE(hi, 3) | BYTE(lo, 4)) >> 24) | BYTE(hi, 2) | (BYTE(hi, 5) >> 16) | (BYTE(hi, 1) << 24) |
             (BYTE(lo, 6) >> 8) | (BYTE(hi, 0) << 48) | BYTE(lo, 7);
}

static inline void update(hh_state *s, const uint64_t lanes[4]) {
    for (int i = 0; i < 4; i++) {
        s->v1[i] += s->mul0[i] + lanes[i];
        s->mul0[i] ^= (s->v1[i] & 0xffffffffull) * (s->v0[i] >> 32);
        s->v0[i] += s->mul1[i];
        s->mul1[i] ^= (s->v0[i] & 0xffffffffull) * (s->v1[i] >> 32);
    }
    zipper_merge_add(s->v1[1], s->v1[0], &s->v0[1], &s->v0[0]);
    zipper_merge_add(s->v1[3], s->v1[2], &s->v0[3], &s->v0[2]);
    zipper_merge_add(s->v0[1], s->v0[0], &s->v1[1], &s->v1[0]);
    zipper_merge_add(s->v0[3], s->v0[2], &s->v1[3], &s->v1[2]);
}

static void update_packet(hh_state *s, const uint8_t *packet) {
    uint64_t lanes[4] = {load64(packet), load64(packet + 8), load64(packet + 16), load64(packet + 24)};
    update(s, lanes);
}

static void update_remainder(hh_state *s, const uint8_t *bytes, size_t length) {
    const size_t tail = length & 3;
    const uint8_t *last = bytes + (length & ~(size_t)3);
    uint8_t packet[32] = {0};
    for (int i = 0; i < 4; i++) {
        s->v0[i] += ((uint64_t)length << 32) + length;
        uint32_t low = (uint32_t)s->v1[i], high = (uint32_t)(s->v1[i] >> 32);
        low = (low << length) | (low >> (32 - length));
        high = (high << length) | (high >> (32 - length));
        s->v1[i] = (uint64_t)high << 32 | low;
    }
    memcpy(packet, bytes, (size_t)(last - bytes));
    if (length & 16) {
        for (int i = 0; i < 4; i++)
            packet[28 + i] = last[(ptrdiff_t)(i + (int)tail) - 4];
    } else if (tail) {
        packet[16] = last[0];
        packet[17] = last[tail >> 1];
        packet[18] = last[tail - 1];
    }
    update_packet(s, packet);
}

static void permute_and_update(hh_state *s) {
    uint64_t lanes[4] = {swap_halves(s->v0[2]), swap_halves(s->v0[3]), swap_halves(s->v0[0]), swap_halves(s->v0[1])};
    update(s, lanes);
}

static void modular_reduction(uint64_t a3, uint64_t a2, uint64_t a1, uint64_t a0, uint64_t *m1, uint64_t *m0) {
    a3 &= 0x3fffffffffffffffull;
    *m1 = a1 ^ ((a3 << 1) | (a2 >> 63)) ^ ((a3 << 2) | (a2 >> 62));
    *m0 = a0 ^ (a2 << 1) ^ (a2 << 2);
}

#if defined(__x86_64__)
#include <immintrin.h>

#define HH_TARGET __attribute__((target("avx2")))

// The byte permutation of `zipper_merge_add`, in both halves of a register.
HH_TARGET static inline __m256i zipper_merge(__m256i v) {
    const __m256i order = _mm256_set_epi64x(
        0x070806090D0A040Bll, 0x000F010E05020C03ll, 0x070806090D0A040Bll, 0x000F010E05020C03ll);
    return _mm256_shuffle_epi8(v, order);
}

// All packets of the data, the four lanes of a state vector in one register.
HH_TARGET static void update_packets_avx2(hh_state *s, const uint8_t *p, size_t packets) {
    __m256i v0 = _mm256_loadu_si256((const __m256i *)s->v0), v1 = _mm256_loadu_si256((const __m256i *)s->v1);
    __m256i mul0 = _mm256_loadu_si256((const __m256i *)s->mul0), mul1 = _mm256_loadu_si256((const __m256i *)s->mul1);
    for (; packets; packets--, p += 32) {
        v1 = _mm256_add_epi64(v1, _mm256_add_epi64(mul0, _mm256_loadu_si256((const __m256i *)p)));
        mul0 = _mm256_xor_si256(mul0, _mm256_mul_epu32(v1, _mm256_srli_epi64(v0, 32)));
        v0 = _mm256_add_epi64(v0, mul1);
        mul1 = _mm256_xor_si256(mul1, _mm256_mul_epu32(v0, _mm256_srli_epi64(v1, 32)));
        v0 = _mm256_add_epi64(v0, zipper_merge(v1));
        v1 = _mm256_add_epi64(v1, zipper_merge(v0));
    }
    _mm256_storeu_si256((__m256i *)s->v0, v0);
    _mm256_storeu_si256((__m256i *)s->v1, v1);
    _mm256_storeu_si256((__m256i *)s->mul0, mul0);
    _mm256_storeu_si256((__m256i *)s->mul1, mul1);
}

static int has_avx2;

__attribute__((constructor)) static void look_for_avx2(void) {
    __builtin_cpu_init();
    has_avx2 = __builtin_cpu_supports("avx2");
}
#endif

static void update_packets(hh_state *s, const uint8_t *p, size_t packets) {
#if defined(__x86_64__)
    if (has_avx2) {
        update_packets_avx2(s, p, packets);
        return;
    }
#endif
    for (; packets; packets--, p += 32)
        update_packet(s, p);
}

void th_highwayhash256(const uint8_t key[32], const void *data, size_t length, uint8_t digest[32]) {
    const uint8_t *p = data;
    hh_state s;
    reset(&s, key);
    update_packets(&s, p, length / 32);
    if (length % 32)
        update_remainder(&s, p + length / 32 * 32, length % 32);
    for (int i = 0; i < 10; i++)
        permute_and_update(&s);
    uint64_t h[4];
    modular_reduction(
        s.v1[1] + s.mul1[1], s.v1[0] + s.mul1[0], s.v0[1] + s.mul0[1], s.v0[0] + s.mul0[0], &h[1], &h[0]);
    modular_reduction(
        s.v1[3] + s.mul1[3], s.v1[2] + s.mul1[2], s.v0[3] + s.mul0[3], s.v0[2] + s.mul0[2], &h[3], &h[2]);
    for (int i = 0; i < 32; i++)
        digest[i] = (uint8_t)(h[i / 8] >> (8 * (i % 8)));
}
