/* names.h - inside config/: finding a section or a key by its name, and saying what was meant if
 * there is none. */
#ifndef CREDD_CONFIG_NAMES_H
#define CREDD_CONFIG_NAMES_H

#include "config/keys.h"

/* -ENOENT with "[clok]: found an unknown section …, allowed: …" in `fault`. */
int name_section(const char *section, struct fault *fault);
/* The slot of a key. -ENOENT likewise. */
int name_slot(const char *section, const char *name, size_t *ret_slot, struct fault *fault);
/* "clock.speed", "stream market_data.tempo". Returns `buffer`. */
#define NAME_MAX_LENGTH 128
const char *name_of(size_t slot, char buffer[NAME_MAX_LENGTH]);

/* `text` fit for one line: cut where long, control characters as '?'. Returns `buffer`. */
#define QUOTE_MAX 72
const char *plain(const char *text, char buffer[QUOTE_MAX]);
/* The same in quotes. */
const char *quote(const char *text, char buffer[QUOTE_MAX]);

#endif
