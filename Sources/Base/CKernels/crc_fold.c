#include "crc_fold.h"

#if defined(__x86_64__)
#include <immintrin.h>

// x^exponent modulo the polynomial, reflected: the highest of `width` bits is x^0.
static uint64_t power_of_x(int exponent, uint64_t polynomial, int width) {
    uint64_t residue = 1ull << (width - 1);
    while (exponent--)
        residue = (residue >> 1) ^ (polynomial & (0ull - (residue & 1)));
    return residue;
}

// A register's 128-bit lanes stand for polynomials, bits reflected; to move one on by D bits is to multiply its first
// half by x^(D+64) and its second by x^D, modulo the polynomial. A carry-less product of reflected numbers comes out
// one bit low, and residues narrower than 64 bits stand in the upper degrees: hence the exponents.
static void fill(uint64_t factors[2], int bits, uint64_t polynomial, int width) {
    factors[0] = power_of_x(bits + width - 1, polynomial, width);
    factors[1] = power_of_x(bits + width - 65, polynomial, width);
}

void th_fold_init(th_fold_factors *factors, uint64_t polynomial, int width) {
    fill(factors->by_2048, 2048, polynomial, width);
    fill(factors->by_512, 512, polynomial, width);
    fill(factors->by_128, 128, polynomial, width);
}

int th_fold_available(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("vpclmulqdq") && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq");
}

#define FOLD_TARGET __attribute__((target("sse4.2,pclmul,avx512f,avx512dq,vpclmulqdq")))

FOLD_TARGET static inline __m512i fold_wide(__m512i x, __m512i factors, __m512i next) {
    __m512i first = _mm512_clmulepi64_epi128(x, factors, 0x00);
    __m512i second = _mm512_clmulepi64_epi128(x, factors, 0x11);
    return _mm512_ternarylogic_epi64(first, second, next, 0x96);
}

FOLD_TARGET static inline __m128i fold_narrow(__m128i x, __m128i factors, __m128i next) {
    __m128i first = _mm_clmulepi64_si128(x, factors, 0x00);
    __m128i second = _mm_clmulepi64_si128(x, factors, 0x11);
    return _mm_xor_si128(_mm_xor_si128(first, second), next);
}

FOLD_TARGET static inline __m512i wide(const uint64_t factors[2]) {
    return _mm512_broadcast_i64x2(_mm_loadu_si128((const __m128i *)factors));
}

FOLD_TARGET size_t th_fold(
    const th_fold_factors *factors, uint64_t crc, const uint8_t *data, size_t length, uint8_t rest[16]) {
    const uint8_t *p = data;
    __m512i x0 = _mm512_loadu_si512(p), x1 = _mm512_loadu_si512(p + 64);
    __m512i x2 = _mm512_loadu_si512(p + 128), x3 = _mm512_loadu_si512(p + 192);
    x0 = _mm512_xor_si512(x0, _mm512_zextsi128_si512(_mm_cvtsi64_si128((long long)crc)));
    __m512i by = wide(factors->by_2048);
    for (p += TH_FOLD_STEP, length -= TH_FOLD_STEP; length >= TH_FOLD_STEP; p += TH_FOLD_STEP, length -= TH_FOLD_STEP) {
        x0 = fold_wide(x0, by, _mm512_loadu_si512(p));
        x1 = fold_wide(x1, by, _mm512_loadu_si512(p + 64));
        x2 = fold_wide(x2, by, _mm512_loadu_si512(p + 128));
        x3 = fold_wide(x3, by, _mm512_loadu_si512(p + 192));
    }
    by = wide(factors->by_512);
    x0 = fold_wide(x0, by, x1);
    x0 = fold_wide(x0, by, x2);
    x0 = fold_wide(x0, by, x3);
    __m128i narrow = _mm_loadu_si128((const __m128i *)factors->by_128);
    __m128i x = _mm512_extracti64x2_epi64(x0, 0);
    x = fold_narrow(x, narrow, _mm512_extracti64x2_epi64(x0, 1));
    x = fold_narrow(x, narrow, _mm512_extracti64x2_epi64(x0, 2));
    x = fold_narrow(x, narrow, _mm512_extracti64x2_epi64(x0, 3));
    _mm_storeu_si128((__m128i *)rest, x);
    return (size_t)(p - data);
}

#else

void th_fold_init(th_fold_factors *factors, uint64_t polynomial, int width) {
    (void)factors, (void)polynomial, (void)width;
}

int th_fold_available(void) { return 0; }

size_t th_fold(const th_fold_factors *factors, uint64_t crc, const uint8_t *data, size_t length, uint8_t rest[16]) {
    (void)factors, (void)crc, (void)data, (void)length, (void)rest;
    return 0;
}

#endif
