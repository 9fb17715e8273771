/* checksum.h - tells what was written from what came to be there since: FNV-1a over texts and
 * numbers. Against accidents, not against people. */
#ifndef CREDD_BASE_CHECKSUM_H
#define CREDD_BASE_CHECKSUM_H

#include <stdint.h>

#define CHECKSUM_START UINT64_C(14695981039346656037)

static inline uint64_t checksum_byte(uint64_t sum, unsigned char byte)
{
    return (sum ^ byte) * UINT64_C(1099511628211);
}

/* With its end, so that "a", "bc" is another than "ab", "c". */
static inline uint64_t checksum_text(uint64_t sum, const char *text)
{
    for (; *text != '\0'; text++)
        sum = checksum_byte(sum, (unsigned char)*text);
    return checksum_byte(sum, 0);
}

static inline uint64_t checksum_number(uint64_t sum, int64_t number)
{
    for (unsigned i = 0; i < 8; i++)
        sum = checksum_byte(sum, (unsigned char)((uint64_t)number >> 8 * i));
    return sum;
}

#endif
