#include "CKernels.h"
#include "dispatch.h"

#include <string.h>

// Bit packing of blocks of up to 1,024 values. Values stand in rows of 32; the bits of one row are spread over 32 words
// of 32 bits side by side (over 16 words of 64 bits, two half rows, where a value has more than 32 bits), so that a row
// is unpacked by one shift for all its words, which compilers turn into vector instructions of any width.

typedef uint32_t __attribute__((aligned(1), may_alias)) word32;
typedef uint64_t __attribute__((aligned(1), may_alias)) word64;
typedef uint16_t __attribute__((aligned(1), may_alias)) word16;

BODY void unpack64_narrow(const word32 *words, unsigned width, size_t rows, uint64_t base, uint64_t *out) {
    const uint32_t mask = width == 32 ? ~0u : (1u << width) - 1;
    for (size_t row = 0; row < rows; row++, out += 32) {
        const size_t bit = row * width;
        const word32 *w = words + (bit >> 5) * 32;
        const unsigned shift = bit & 31;
        if (shift + width <= 32) {
            for (int lane = 0; lane < 32; lane++)
                out[lane] = base + ((w[lane] >> shift) & mask);
        } else {
            for (int lane = 0; lane < 32; lane++)
                out[lane] = base + (((w[lane] >> shift) | (w[lane + 32] << (32 - shift))) & mask);
        }
    }
}

BODY void unpack64_broad(const word64 *words, unsigned width, size_t rows, uint64_t base, uint64_t *out) {
    const uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
    for (size_t row = 0; row < 2 * rows; row++, out += 16) {
        const size_t bit = row * width;
        const word64 *w = words + (bit >> 6) * 16;
        const unsigned shift = bit & 63;
        if (shift + width <= 64) {
            for (int lane = 0; lane < 16; lane++)
                out[lane] = base + ((w[lane] >> shift) & mask);
        } else {
            for (int lane = 0; lane < 16; lane++)
                out[lane] = base + (((w[lane] >> shift) | (w[lane + 16] << (64 - shift))) & mask);
        }
    }
}

BODY void unpack64_body(const void *packed, unsigned width, size_t rows, int64_t base, int64_t *out) {
    if (width == 0) {
        for (size_t i = 0; i < 32 * rows; i++)
            out[i] = base;
    } else if (width <= 32) {
        unpack64_narrow(packed, width, rows, (uint64_t)base, (uint64_t *)out);
    } else {
        unpack64_broad(packed, width, rows, (uint64_t)base, (uint64_t *)out);
    }
}

BODY void unpack32_body(const void *packed, unsigned width, size_t rows, uint32_t base, uint32_t *out) {
    const word32 *words = packed;
    if (width == 0) {
        for (size_t i = 0; i < 32 * rows; i++)
            out[i] = base;
        return;
    }
    const uint32_t mask = width == 32 ? ~0u : (1u << width) - 1;
    for (size_t row = 0; row < rows; row++, out += 32) {
        const size_t bit = row * width;
        const word32 *w = words + (bit >> 5) * 32;
        const unsigned shift = bit & 31;
        if (shift + width <= 32) {
            for (int lane = 0; lane < 32; lane++)
                out[lane] = base + ((w[lane] >> shift) & mask);
        } else {
            for (int lane = 0; lane < 32; lane++)
                out[lane] = base + (((w[lane] >> shift) | (w[lane + 32] << (32 - shift))) & mask);
        }
    }
}

BODY void pack64_body(const int64_t *values, int64_t base, unsigned width, size_t rows, void *packed) {
    if (width == 0)
        return;
    if (width <= 32) {
        const uint32_t mask = width == 32 ? ~0u : (1u << width) - 1;
        for (size_t row = 0; row < rows; row++, values += 32) {
            const size_t bit = row * width;
            word32 *w = (word32 *)packed + (bit >> 5) * 32;
            const unsigned shift = bit & 31;
            if (shift == 0) {
                for (int lane = 0; lane < 32; lane++)
                    w[lane] = (uint32_t)((uint64_t)values[lane] - (uint64_t)base) & mask;
            } else {
                for (int lane = 0; lane < 32; lane++)
                    w[lane] |= ((uint32_t)((uint64_t)values[lane] - (uint64_t)base) & mask) << shift;
            }
            if (shift + width > 32)
                for (int lane = 0; lane < 32; lane++)
                    w[lane + 32] = ((uint32_t)((uint64_t)values[lane] - (uint64_t)base) & mask) >> (32 - shift);
        }
        return;
    }
    const uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
    for (size_t row = 0; row < 2 * rows; row++, values += 16) {
        const size_t bit = row * width;
        word64 *w = (word64 *)packed + (bit >> 6) * 16;
        const unsigned shift = bit & 63;
        if (shift == 0) {
            for (int lane = 0; lane < 16; lane++)
                w[lane] = ((uint64_t)values[lane] - (uint64_t)base) & mask;
        } else {
            for (int lane = 0; lane < 16; lane++)
                w[lane] |= (((uint64_t)values[lane] - (uint64_t)base) & mask) << shift;
        }
        if (shift + width > 64)
            for (int lane = 0; lane < 16; lane++)
                w[lane + 16] = (((uint64_t)values[lane] - (uint64_t)base) & mask) >> (64 - shift);
    }
}

BODY void survey_block_body(const int64_t *values, size_t count, th_survey *survey) {
    int64_t min = values[0], max = values[0], delta_min = INT64_MAX, delta_max = INT64_MIN;
    uint64_t runs = 1;
    for (size_t i = 0; i < count; i++) {
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
    }
    if (min != max) {
        for (size_t i = 1; i < count; i++) {
            const int64_t delta = (int64_t)((uint64_t)values[i] - (uint64_t)values[i - 1]);
            delta_min = delta < delta_min ? delta : delta_min;
            delta_max = delta > delta_max ? delta : delta_max;
            runs += delta != 0;
        }
    } else {
        delta_min = delta_max = 0;
    }
    *survey = (th_survey){min, max, delta_min, delta_max, runs};
}

BODY void deltas_body(const int64_t *values, size_t count, int64_t *out) {
    out[0] = 0;
    for (size_t i = 1; i < count; i++)
        out[i] = (int64_t)((uint64_t)values[i] - (uint64_t)values[i - 1]);
}

BODY void window_body(const int64_t *values, size_t count, int64_t low, int64_t high, int64_t *min, int64_t *max) {
    int64_t least = high, most = low;
    for (size_t i = 0; i < count; i++) {
        const int64_t value = values[i];
        const int inside = (value >= low) & (value <= high);
        const int64_t lower = inside ? value : high, upper = inside ? value : low;
        least = lower < least ? lower : least;
        most = upper > most ? upper : most;
    }
    *min = least;
    *max = most;
}

BODY int decimals_body(const double *values, size_t count, double power, int64_t *out) {
    const double shifter = 0x1.8p52;
    uint64_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        const double shifted = values[i] * power + shifter;
        const double whole = shifted - shifter;
        const double back = whole / power;
        uint64_t bits, expected, integer;
        memcpy(&bits, &back, 8);
        memcpy(&expected, &values[i], 8);
        memcpy(&integer, &shifted, 8);
        wrong |= bits ^ expected;
        wrong |= !(whole <= 999999999999999.0) | !(whole >= -999999999999999.0);
        out[i] = (int64_t)(integer - 0x4338000000000000ull);
    }
    return wrong == 0;
}

BODY void multiply_body(int64_t *values, size_t count, int64_t factor) {
    for (size_t i = 0; i < count; i++)
        values[i] = (int64_t)((uint64_t)values[i] * (uint64_t)factor);
}

BODY int divide_body(const int64_t *values, size_t count, const th_divisor *divisor, int64_t *out) {
    // An odd number's inverse modulo 2^64 maps its multiples, and nothing else, to quotients that are in range.
    const uint64_t low_bits = (1ull << divisor->shift) - 1;
    uint64_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        const int64_t quotient = (int64_t)((uint64_t)(values[i] >> divisor->shift) * divisor->inverse);
        wrong |= (uint64_t)values[i] & low_bits;
        wrong |= (uint64_t)(quotient < divisor->min) | (uint64_t)(quotient > divisor->max);
        out[i] = quotient;
    }
    return wrong == 0;
}

BODY uint32_t max32_body(const uint32_t *values, size_t count) {
    uint32_t max = 0;
    for (size_t i = 0; i < count; i++)
        max = values[i] > max ? values[i] : max;
    return max;
}

BODY void narrow32_body(const int64_t *values, size_t count, uint32_t *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = (uint32_t)values[i];
}

BODY void narrow8_body(const int64_t *values, size_t count, uint8_t *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = (uint8_t)values[i];
}

BODY int distance_bits(int64_t value, int64_t center) {
    const uint64_t up = (uint64_t)value - (uint64_t)center;
    const uint64_t distance = value > center ? up : 0 - up;
    return distance ? 64 - __builtin_clzll(distance) : 0;
}

BODY void spread_body(const int64_t *values, size_t count, int64_t center, uint32_t counts[65]) {
    uint32_t second[65] = {0};
    memset(counts, 0, 65 * sizeof counts[0]);
    size_t i = 0;
    for (; i + 2 <= count; i += 2) {
        counts[distance_bits(values[i], center)]++;
        second[distance_bits(values[i + 1], center)]++;
    }
    if (i < count)
        counts[distance_bits(values[i], center)]++;
    for (int length = 0; length < 65; length++)
        counts[length] += second[length];
}

BODY void range_body(const int64_t *values, size_t count, int64_t *least, int64_t *greatest) {
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    *least = low;
    *greatest = high;
}

BODY size_t changes_body(const uint32_t *values, size_t count) {
    uint32_t changes = 0;
    for (size_t i = 1; i < count; i++)
        changes += values[i] != values[i - 1];
    return changes;
}

BODY size_t changes64_body(const uint64_t *values, size_t count) {
    uint64_t changes = 0;
    for (size_t i = 1; i < count; i++)
        changes += values[i] != values[i - 1];
    return changes;
}

#define RUN_END(name, word)                                                                                            \
    BODY size_t name##_body(const word *values, size_t start, size_t count) {                                          \
        const word value = values[start];                                                                              \
        size_t i = start + 1;                                                                                          \
        for (; i + 32 <= count; i += 32) {                                                                             \
            word differing = 0;                                                                                        \
            for (size_t j = 0; j < 32; j++)                                                                            \
                differing |= values[i + j] ^ value;                                                                    \
            if (differing)                                                                                             \
                break;                                                                                                 \
        }                                                                                                              \
        while (i < count && values[i] == value)                                                                        \
            i++;                                                                                                       \
        return i;                                                                                                      \
    }
RUN_END(run_end, uint32_t)
RUN_END(run_end64, uint64_t)

DISPATCH(void, unpack64, (const void *packed, unsigned width, size_t rows, int64_t base, int64_t *out),
         (packed, width, rows, base, out))
DISPATCH(void, unpack32, (const void *packed, unsigned width, size_t rows, uint32_t base, uint32_t *out),
         (packed, width, rows, base, out))
DISPATCH(void, pack64, (const int64_t *values, int64_t base, unsigned width, size_t rows, void *packed),
         (values, base, width, rows, packed))
DISPATCH(void, survey_block, (const int64_t *values, size_t count, th_survey *survey), (values, count, survey))
DISPATCH(void, deltas, (const int64_t *values, size_t count, int64_t *out), (values, count, out))
DISPATCH(void, window, (const int64_t *values, size_t count, int64_t low, int64_t high, int64_t *min, int64_t *max),
         (values, count, low, high, min, max))
DISPATCH(void, spread, (const int64_t *values, size_t count, int64_t center, uint32_t counts[65]),
         (values, count, center, counts))
DISPATCH(int, decimals, (const double *values, size_t count, double power, int64_t *out), (values, count, power, out))
DISPATCH(void, multiply, (int64_t *values, size_t count, int64_t factor), (values, count, factor))
DISPATCH(int, divide, (const int64_t *values, size_t count, const th_divisor *divisor, int64_t *out),
         (values, count, divisor, out))
DISPATCH(void, range, (const int64_t *values, size_t count, int64_t *least, int64_t *greatest),
         (values, count, least, greatest))
DISPATCH(size_t, changes, (const uint32_t *values, size_t count), (values, count))
DISPATCH(size_t, changes64, (const uint64_t *values, size_t count), (values, count))
DISPATCH(size_t, run_end64, (const uint64_t *values, size_t start, size_t count), (values, start, count))
DISPATCH(size_t, run_end, (const uint32_t *values, size_t start, size_t count), (values, start, count))
DISPATCH(uint32_t, max32, (const uint32_t *values, size_t count), (values, count))
DISPATCH(void, narrow32, (const int64_t *values, size_t count, uint32_t *out), (values, count, out))
DISPATCH(void, narrow8, (const int64_t *values, size_t count, uint8_t *out), (values, count, out))

// What processors do alike.

void th_prefix_sum(int64_t *values, size_t count, int64_t first) {
    uint64_t sum = (uint64_t)first;
    values[0] = first;
    for (size_t i = 1; i < count; i++) {
        sum += (uint64_t)values[i];
        values[i] = (int64_t)sum;
    }
}

size_t th_outside(const int64_t *values, size_t count, int64_t base, uint64_t range, uint16_t *positions) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        positions[found] = (uint16_t)i;
        found += (uint64_t)values[i] - (uint64_t)base > range;
    }
    return found;
}

static inline uint64_t bytes_at(const uint8_t *p, unsigned width) {
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++)
        value |= (uint64_t)p[i] << 8 * i;
    return value;
}

void th_patch(int64_t *values, const void *positions, const void *patches, unsigned width, size_t count, int64_t base) {
    const word16 *at = positions;
    const uint8_t *p = patches;
    for (size_t i = 0; i < count; i++, p += width)
        values[at[i] & 1023] = (int64_t)((uint64_t)base + bytes_at(p, width));
}

int th_fill_runs(const void *ends, const void *values, unsigned width, size_t runs, int64_t base, size_t count, int64_t *out) {
    const word16 *end_of = ends;
    const uint8_t *p = values;
    size_t position = 0;
    for (size_t run = 0; run < runs; run++, p += width) {
        const int64_t value = (int64_t)((uint64_t)base + bytes_at(p, width));
        const size_t end = end_of[run];
        if (end <= position || end > count)
            return 0;
        while (position < end)
            out[position++] = value;
    }
    return position == count;
}

void th_sum64(const int64_t *values, size_t count, int64_t *high, uint64_t *low) {
    // Halves of 32 bits are summed apart: neither sum overflows for fewer than 2^31 values.
    int64_t upper = 0;
    uint64_t lower = 0;
    for (size_t i = 0; i < count; i++) {
        upper += values[i] >> 32;
        lower += (uint32_t)values[i];
    }
    *high = upper;
    *low = lower;
}
