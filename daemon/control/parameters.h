/* parameters.h - a request's parameters, checked by the command table and turned into the daemon's
 * own types. */
#ifndef CREDD_CONTROL_PARAMETERS_H
#define CREDD_CONTROL_PARAMETERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <credd/commands.h>

#include "base/fault.h"
#include "clock/instant.h"
#include "clock/zone.h"

#define PARAMETER_TEXT_MAX 255 /* bytes */

/* One member for each kind: a command has at most one argument of a kind, of flags and numbers
 * two. */
struct parameters {
    bool flag, second_flag;
    bool has_text, has_span, has_time, has_number, has_factor;
    char text[PARAMETER_TEXT_MAX + 1];
    int64_t span_us;
    world_time time;
    bool has_second_number;
    int64_t number, second_number;
    int64_t factor;   /* millionths */
    unsigned streams; /* bits 1u << enum stream_id, SCHEMA_STATUS_BIT, …; 0: none given */
};

struct parameter {
    enum credd_command command;
    const char *name;
    enum credd_kind kind;
    enum credd_need need;
};
/* All arguments, those that stay in the client too (CREDD_KIND_LOCAL), in the order of the table.
 */
const struct parameter *parameters_table(size_t *ret_count);

/* Times without a zone are in `zone`. `given` may be NULL (none). On failure `ret_name` is the
 * parameter that is wrong, at most 63 bytes of it, and the fault says why. */
int parameters_read(enum credd_command command, const json_t *given, const struct zone *zone,
                    struct parameters *ret_parameters, char ret_name[64], struct fault *fault);

/* "1.5" to 1500000. -EINVAL: not decimal; -ERANGE: over a million, or finer than a millionth. */
int decimal_read(const char *text, int64_t *ret_millionths);

#endif
