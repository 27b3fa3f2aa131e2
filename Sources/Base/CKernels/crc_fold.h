// Folding of reflected CRCs of 32 and 64 bits (Gopal et al., "Fast CRC computation using PCLMULQDQ"), 256 bytes a step
// in four 512-bit registers.

#ifndef TAPEHOUSE_CRC_FOLD_H
#define TAPEHOUSE_CRC_FOLD_H

#include <stddef.h>
#include <stdint.h>

enum { TH_FOLD_STEP = 256, TH_FOLD_MINIMUM = 512 };

/// What a polynomial's residues are multiplied by to move them on by so many bits.
typedef struct {
    uint64_t by_2048[2], by_512[2], by_128[2];
} th_fold_factors;

/// Computes the factors of a polynomial of `width` bits, given reflected.
void th_fold_init(th_fold_factors *factors, uint64_t polynomial, int width);

/// Whether the processor folds.
int th_fold_available(void);

/// Folds all whole steps of `data`, of which there must be one at least, beginning with the inverted `crc`. `rest` gets
/// 16 bytes that, with nothing before them and followed by what was not folded, have the checksum of all.
///
/// Returns how many bytes were folded.
size_t th_fold(const th_fold_factors *factors, uint64_t crc, const uint8_t *data, size_t length, uint8_t rest[16]);

#endif
