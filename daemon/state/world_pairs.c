/* World state: the rows of credd_world, by one table. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/world_state.h"

enum pair_kind { PAIR_INT64, PAIR_UINT64, PAIR_BOOL, PAIR_TEXT };

/* The rows of credd_world: where each lives in a state. Clock rows change with acts and heartbeats,
 * the others only with the world. */
struct pair_row {
    const char *name;
    size_t offset, size;
    enum pair_kind kind;
    bool clock;
};
static const struct pair_row pair_rows[] = {
#define ROW(name, kind, member, clock)                                                             \
    {                                                                                              \
        name, offsetof(struct world_state, member), sizeof((struct world_state *)0)->member, kind, \
            clock                                                                                  \
    }
    ROW("id", PAIR_TEXT, world_id, false),
    ROW("seed", PAIR_UINT64, settings.seed, false),
    ROW("origin", PAIR_INT64, settings.origin.s, false),
    ROW("timezone", PAIR_TEXT, timezone, false),
    ROW("customers", PAIR_INT64, settings.customers, false),
    ROW("customer_growth", PAIR_INT64, settings.customer_growth, false),
    ROW("financial_records_per_customer", PAIR_INT64, settings.financial_records_per_customer,
        false),
    ROW("loan_applications_per_customer", PAIR_INT64, settings.loan_applications_per_customer,
        false),
    ROW("market_data_points", PAIR_INT64, settings.market_data_points, false),
    ROW("credit_history_entries", PAIR_INT64, settings.credit_history_entries, false),
    ROW("clock_anchor_world_us", PAIR_INT64, clock.anchor_world_us, true),
    ROW("clock_anchor_wall_us", PAIR_INT64, clock.anchor_wall.us, true),
    ROW("clock_speed", PAIR_INT64, clock.speed, true),
    ROW("clock_paused", PAIR_BOOL, clock.paused, true),
    ROW("clock_paused_wall_us", PAIR_INT64, clock.paused_at.us, true),
    ROW("clock_resumes_wall_us", PAIR_INT64, clock.resumes_at.us, true),
    ROW("clock_reason", PAIR_TEXT, reason, true),
    ROW("clock_paused_by", PAIR_TEXT, paused_by, true),
    ROW("clock_held", PAIR_BOOL, clock.held, true),
    ROW("clock_held_why", PAIR_TEXT, held_why, true),
    ROW("clock_reached_us", PAIR_INT64, clock.reached_us, true),
    ROW("clock_seen_us", PAIR_INT64, clock.seen.us, true),
    ROW("owner", PAIR_TEXT, owner, true),
#undef ROW
};
#define PAIR_ROWS (sizeof pair_rows / sizeof *pair_rows)
static_assert(PAIR_ROWS <= WORLD_STATE_PAIRS_MAX, "room for every row of credd_world");

static int decode_pair(const struct pair_row *row, const char *value, struct world_state *state)
{
    char *field = (char *)state + row->offset;
    char *end = NULL;
    errno = 0;
    switch (row->kind) {
    case PAIR_INT64: {
        int64_t number = strtoll(value, &end, 10);
        memcpy(field, &number, sizeof number);
        break;
    }
    case PAIR_UINT64: {
        uint64_t number = strtoull(value, &end, 10);
        memcpy(field, &number, sizeof number);
        break;
    }
    case PAIR_BOOL: {
        bool flag = strcmp(value, "1") == 0;
        memcpy(field, &flag, sizeof flag);
        return 0;
    }
    case PAIR_TEXT: {
        size_t length = strlen(value);
        if (length >= row->size)
            return -EPROTO;
        memcpy(field, value, length + 1);
        return 0;
    }
    }
    return errno == 0 && end != value && *end == '\0' ? 0 : -EPROTO;
}

static void encode_pair(const struct pair_row *row, const struct world_state *state,
                        struct store_pair *ret_pair)
{
    const char *field = (const char *)state + row->offset;
    (void)snprintf(ret_pair->name, sizeof ret_pair->name, "%s", row->name);
    size_t size = sizeof ret_pair->value;
    switch (row->kind) {
    case PAIR_INT64: {
        int64_t number;
        memcpy(&number, field, sizeof number);
        (void)snprintf(ret_pair->value, size, "%" PRId64, number);
        break;
    }
    case PAIR_UINT64: {
        uint64_t number;
        memcpy(&number, field, sizeof number);
        (void)snprintf(ret_pair->value, size, "%" PRIu64, number);
        break;
    }
    case PAIR_BOOL: {
        bool flag;
        memcpy(&flag, field, sizeof flag);
        (void)snprintf(ret_pair->value, size, "%d", flag);
        break;
    }
    case PAIR_TEXT: (void)snprintf(ret_pair->value, size, "%s", field); break;
    }
}

static int decode_row(const struct pair_row *row, const struct store_description *description,
                      struct world_state *state, struct fault *fault)
{
    const struct store_pair *found = NULL;
    for (size_t i = 0; i < description->pair_count && found == NULL; i++)
        if (strcmp(description->pairs[i].name, row->name) == 0)
            found = &description->pairs[i];
    /* Texts that only explain may be missing: an older version did not write them all. */
    if (found == NULL && row->clock && row->kind == PAIR_TEXT)
        return 0;
    if (found == NULL)
        return fault_set(fault, -EPROTO, "%s has no row '%s'", SCHEMA_WORLD, row->name);
    if (decode_pair(row, found->value, state) < 0)
        return fault_set(fault, -EPROTO, "%s: row '%s' has the invalid value '%.80s'", SCHEMA_WORLD,
                         found->name, found->value);
    return 0;
}

int world_state_read_pairs(struct world_state *state, const struct store_description *description,
                           struct fault *fault)
{
    int result = 0;
    for (size_t i = 0; i < PAIR_ROWS && result == 0; i++)
        result = decode_row(&pair_rows[i], description, state, fault);
    return result;
}

size_t world_state_clock_pairs(const struct world_state *state,
                               struct store_pair pairs[WORLD_STATE_PAIRS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < PAIR_ROWS; i++)
        if (pair_rows[i].clock)
            encode_pair(&pair_rows[i], state, &pairs[count++]);
    return count;
}

size_t world_state_all_pairs(const struct world_state *state,
                             struct store_pair pairs[WORLD_STATE_PAIRS_MAX])
{
    for (size_t i = 0; i < PAIR_ROWS; i++)
        encode_pair(&pair_rows[i], state, &pairs[i]);
    return PAIR_ROWS;
}

size_t world_state_heartbeat_pairs(const struct world_state *state,
                                   struct store_pair pairs[WORLD_STATE_PAIRS_MAX])
{
    static const char *const names[] = {"clock_reached_us", "clock_seen_us", "owner"};
    size_t count = 0;
    for (size_t i = 0; i < PAIR_ROWS; i++)
        for (size_t j = 0; j < sizeof names / sizeof *names; j++)
            if (strcmp(pair_rows[i].name, names[j]) == 0)
                encode_pair(&pair_rows[i], state, &pairs[count++]);
    return count;
}
