/* cell.h - one value of a row, exact: what the world makes, the store binds and a report prints. */
#ifndef CREDD_BASE_CELL_H
#define CREDD_BASE_CELL_H

#include <stdbool.h>
#include <stdint.h>

enum cell_kind {
    CELL_NULL,
    CELL_TEXT,    /* text, length bytes, ASCII, not NUL-terminated */
    CELL_INTEGER, /* number */
    CELL_DECIMAL, /* number / 10^scale, exactly; scale is that of the column */
    CELL_DATE,    /* number = days since 1970-01-01 in the world's zone */
    CELL_TIME,    /* number = seconds since 1970-01-01T00:00:00Z */
};

struct cell {
    uint8_t kind; /* enum cell_kind */
    uint8_t scale;
    uint16_t length;
    union {
        const char *text;
        int64_t number;
    };
};

/* The longest text a cell may hold, and the longest printed form of one (without its NUL). */
#define CELL_TEXT_MAX  255
#define CELL_PRINT_MAX 255

/* Prints the cell as the database and the digest spell it: plain text; an integer in decimal;
 * a decimal with exactly `scale` digits after the point; YYYY-MM-DD; YYYY-MM-DD HH:MM:SS; nothing
 * for NULL. `buffer` takes CELL_PRINT_MAX + 1 bytes and is NUL-terminated. Returns the length. */
unsigned cell_print(const struct cell *cell, char *buffer);
/* That text, borrowed. */
struct cell cell_text(const char *text);
/* The same value of the same kind; NULL is the same as NULL. */
bool cell_same(const struct cell *a, const struct cell *b);

#endif
