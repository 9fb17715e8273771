/* fuzz.h - what the targets share: the entry that libFuzzer calls, a condition that must hold, and
 * an input read as text or as numbers. */
#ifndef CREDD_TESTS_FUZZ_H
#define CREDD_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A macro, so that a report names the condition and its place. */
#define FUZZ_CHECK(condition)                                                \
    do {                                                                     \
        if (!(condition)) {                                                  \
            (void)dprintf(2, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                         \
        }                                                                    \
    } while (false)

/* What a failure that follows was about. */
#define FUZZ_SAY(condition, text)             \
    do {                                      \
        if (condition)                        \
            (void)dprintf(2, "%s\n", (text)); \
    } while (false)

/* The input as a text that ends where a byte past it would be found. New memory. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/* What is left of an input. */
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

/* The next `width` bytes as a number with its sign; 0 for those that are not there. */
static inline int64_t fuzz_number(struct fuzz_input *input, size_t width)
{
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) {
        value |= (uint64_t)(input->size > 0 ? *input->data : 0) << 8 * i;
        input->data += input->size > 0 ? 1 : 0;
        input->size -= input->size > 0 ? 1 : 0;
    }
    size_t unused = 64 - 8 * width;
    return (int64_t)(value << unused) >> unused;
}

/* The field up to the next `end`, which becomes a NUL; what follows is left in `rest`. "" where
 * nothing is left. */
static inline char *fuzz_field(char **rest, char end)
{
    char *field = *rest;
    char *at = strchr(field, end);
    *rest = at != NULL ? at + 1 : field + strlen(field);
    if (at != NULL)
        *at = '\0';
    return field;
}

/* The same as a number. */
static inline int64_t fuzz_field_number(char **rest, char end)
{
    return strtoll(fuzz_field(rest, end), NULL, 10);
}

#endif
