/* millionths.h - speeds and tempos, which are whole millionths, as people write them. */
#ifndef CREDD_BASE_MILLIONTHS_H
#define CREDD_BASE_MILLIONTHS_H

#include <stdint.h>

#define MILLIONTHS_TEXT_MAX 32

/* "20", "0.5", "-1.25": exact, without zeros at the end. Returns `ret`. */
const char *millionths_text(int64_t millionths, char ret[MILLIONTHS_TEXT_MAX]);

#endif
