/* row.h - fills the cells of a change. */
#ifndef CREDD_WORLD_ROW_H
#define CREDD_WORLD_ROW_H

#include <string.h>

#include "base/change.h"
#include "clock/instant.h"

/* The text must live until the change has been given. */
static inline void row_text(struct change *change, const char *text)
{
    struct cell *cell = &change->cells[change->count++];
    *cell = (struct cell){.kind = CELL_TEXT, .length = (uint16_t)strlen(text), .text = text};
}

/* The same of a length that is known: of a key. */
static inline void row_key(struct change *change, const char *text, size_t length)
{
    struct cell *cell = &change->cells[change->count++];
    *cell = (struct cell){.kind = CELL_TEXT, .length = (uint16_t)length, .text = text};
}

static inline void row_number(struct change *change, enum cell_kind kind, unsigned scale,
                              int64_t number)
{
    struct cell *cell = &change->cells[change->count++];
    *cell = (struct cell){.kind = (uint8_t)kind, .scale = (uint8_t)scale, .number = number};
}

#endif
