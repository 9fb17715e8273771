/* value.h - inside config/: one value, from its text by the type of its key. */
#ifndef CREDD_CONFIG_VALUE_H
#define CREDD_CONFIG_VALUE_H

#include "config/keys.h"

struct value {
    int64_t number;
    int choice; /* enum catch_up; of `start`: 1 is now */
    char *text;
    struct zone *zone;
    struct schedule *schedule;
    struct fill *fill;
};

/* Reads `text` by the key's type. `zone` is that of instants that name none (NULL: UTC). -EINVAL or
 * -ERANGE, with nothing in `detail` or a word on what is wrong in it. */
int value_parse(const struct config_key *key, const char *text, const struct zone *zone,
                struct value *ret_value, struct fault *detail);
/* Moves the value to its place in `base`, a struct config or struct config_stream; `value` is empty
 * afterwards. */
void value_put(const struct config_key *key, struct value *value, void *base);
void value_done(struct value *value);
/* Releases what value_put placed in `base`. */
void value_release(const struct config_key *key, void *base);

#endif
