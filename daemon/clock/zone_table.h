/* zone_table.h - a zone's transitions as the zone's functions search them; filled by the file's
 * reader. */
#ifndef CREDD_CLOCK_ZONE_TABLE_H
#define CREDD_CLOCK_ZONE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

#define ZONE_ABBREVIATION_MAX 16

/* One way in which a zone's local time has related to UTC. */
struct zone_type {
    int offset; /* seconds ahead of UTC */
    bool dst;
    char abbreviation[ZONE_ABBREVIATION_MAX];
};

/* From `at` on (UTC seconds) the type of that index holds. */
struct zone_transition {
    int64_t at;
    unsigned type;
};

struct zone_table {
    struct zone_type *types; /* types[0] holds before the first transition */
    size_t type_count;
    struct zone_transition *transitions; /* strictly ascending */
    size_t transition_count;
    bool cyclic; /* the last 400 years of the transitions repeat for ever */
};

/* The index of that type, which is added if it is not there yet. */
unsigned zone_table_type(struct zone_table *table, const struct zone_type *type);
/* One at the instant of the last replaces it; an earlier one is left out. */
void zone_table_add(struct zone_table *table, int64_t at, unsigned type);
/* Releases what the table holds (not the struct itself). */
void zone_table_done(struct zone_table *table);

/* Adds the transitions of a POSIX TZ rule ("EST5EDT,M3.2.0,M11.1.0") that come after the table's
 * last, for more than the 400 years after which the calendar repeats. -EINVAL: not such a rule. */
int zone_rule_expand(const char *rule, struct zone_table *table);

/* Reads a file in TZif format (RFC 8536). -EINVAL with a fault where it is damaged. */
int zone_file_parse(const uint8_t *data, size_t size, struct zone_table *table,
                    struct fault *fault);

#endif
