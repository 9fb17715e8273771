/* World state: the rows of credd_world, by one table. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "state/world_check.h"
#include "state/world_state.h"

enum pair_kind { PAIR_INT64, PAIR_UINT64, PAIR_BOOL, PAIR_TEXT };

/* Who writes a row after the world was made. */
enum pair_writer {
    BY_RESET,     /* nobody */
    BY_ACT,       /* each amendment */
    BY_HEARTBEAT, /* each amendment, and each heartbeat in between */
};

/* The rows of credd_world: where each lives in a state, and what it can be: a number from `least`
 * to `most`, a text of at least `least` bytes; and the first model whose worlds have it. */
struct pair_row {
    const char *name;
    size_t offset, size;
    enum pair_kind kind;
    enum pair_writer writer;
    int64_t least, most, since;
};
#define WORLD_LAST WORLD_CHECK_LAST_US
#define WALL_LAST  WORLD_CHECK_WALL_LAST_US
#define MODEL_ROW  0
static const struct pair_row pair_rows[] = {
#define ROW(name, kind, member, writer, least, most) \
    ROW_SINCE(1, name, kind, member, writer, least, most)
#define ROW_SINCE(since, name, kind, member, writer, least, most)                                  \
    {                                                                                              \
        name, offsetof(struct world_state, member), sizeof((struct world_state *)0)->member, kind, \
            writer, (least), (most), (since)                                                       \
    }
    [MODEL_ROW] = ROW_SINCE(2, "model", PAIR_INT64, model, BY_RESET, 2, 1000000),
    ROW("id", PAIR_TEXT, world_id, BY_RESET, 1, 0),
    ROW("seed", PAIR_UINT64, settings.seed, BY_RESET, 0, 0),
    ROW("origin", PAIR_INT64, settings.origin.s, BY_RESET, WORLD_ORIGIN_FIRST_S, WORLD_TIME_LAST_S),
    ROW("timezone", PAIR_TEXT, timezone, BY_RESET, 1, 0),
    ROW("customers", PAIR_INT64, settings.customers, BY_RESET, 1, 10000000),
    ROW("customer_growth", PAIR_INT64, settings.customer_growth, BY_RESET, 0, 1000000),
    ROW("financial_records_per_customer", PAIR_INT64, settings.financial_records_per_customer,
        BY_RESET, 0, 1000),
    ROW_SINCE(2, "financial_records_months", PAIR_INT64, settings.financial_records_months,
              BY_RESET, 1, 36),
    ROW("loan_applications_per_customer", PAIR_INT64, settings.loan_applications_per_customer,
        BY_RESET, 0, 1000),
    ROW_SINCE(2, "loan_applications_months", PAIR_INT64, settings.loan_applications_months,
              BY_RESET, 1, 36),
    ROW("market_data_points", PAIR_INT64, settings.market_data_points, BY_RESET, 0, 10000),
    ROW("credit_history_entries", PAIR_INT64, settings.credit_history_entries, BY_RESET, 0, 240),
    ROW("clock_anchor_world_us", PAIR_INT64, clock.anchor_world_us, BY_ACT, 0, WORLD_LAST),
    ROW("clock_anchor_wall_us", PAIR_INT64, clock.anchor_wall.us, BY_ACT, 0, WALL_LAST),
    ROW("clock_speed", PAIR_INT64, clock.speed, BY_ACT, 0, CLOCK_SPEED_MAX),
    ROW("clock_paused", PAIR_BOOL, clock.paused, BY_ACT, 0, 1),
    ROW("clock_paused_wall_us", PAIR_INT64, clock.paused_at.us, BY_ACT, 0, WALL_LAST),
    ROW("clock_resumes_wall_us", PAIR_INT64, clock.resumes_at.us, BY_ACT, 0, WALL_LAST),
    ROW("clock_reason", PAIR_TEXT, reason, BY_ACT, 0, 0),
    ROW("clock_paused_by", PAIR_TEXT, paused_by, BY_ACT, 0, 0),
    ROW("clock_held", PAIR_BOOL, clock.held, BY_ACT, 0, 1),
    ROW("clock_held_why", PAIR_TEXT, held_why, BY_ACT, 0, 0),
    ROW("clock_reached_us", PAIR_INT64, clock.reached_us, BY_HEARTBEAT, 0, WORLD_LAST),
    ROW("clock_seen_us", PAIR_INT64, clock.seen.us, BY_HEARTBEAT, 0, WALL_LAST),
    ROW("owner", PAIR_TEXT, owner, BY_HEARTBEAT, 0, 0),
#undef ROW_SINCE
#undef ROW
};
#define PAIR_ROWS (sizeof pair_rows / sizeof *pair_rows)

/* NULL, or what is wrong with it. */
static const char *decode_number(const struct pair_row *row, const char *value, char *field)
{
    char *end = NULL;
    errno = 0;
    int64_t number = strtoll(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0')
        return "is not a number";
    memcpy(field, &number, sizeof number);
    return number < row->least || number > row->most ? "" : NULL;
}

static const char *decode_pair(const struct pair_row *row, const char *value,
                               struct world_state *state)
{
    char *field = (char *)state + row->offset;
    switch (row->kind) {
    case PAIR_INT64: return decode_number(row, value, field);
    case PAIR_UINT64: {
        char *end = NULL;
        errno = 0;
        uint64_t number = strtoull(value, &end, 10);
        memcpy(field, &number, sizeof number);
        return errno == 0 && end != value && *end == '\0' ? NULL : "is not a number";
    }
    case PAIR_BOOL: {
        bool flag = strcmp(value, "1") == 0;
        memcpy(field, &flag, sizeof flag);
        return flag || strcmp(value, "0") == 0 ? NULL : "";
    }
    case PAIR_TEXT: {
        size_t length = strlen(value);
        if (length >= row->size)
            return "is too long";
        memcpy(field, value, length + 1);
        return (int64_t)length < row->least ? "is empty" : NULL;
    }
    }
    return NULL;
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

static const struct store_pair *find_pair(const struct store_description *description,
                                          const char *name)
{
    for (size_t i = 0; i < description->pair_count; i++)
        if (strcmp(description->pairs[i].name, name) == 0)
            return &description->pairs[i];
    return NULL;
}

static int decode_row(const struct pair_row *row, const struct store_description *description,
                      struct world_state *state, struct fault *fault)
{
    const struct store_pair *found = find_pair(description, row->name);
    struct store_pair written;
    /* Texts that only explain may be missing: an older version did not write them all. */
    if (found == NULL && row->writer != BY_RESET && row->kind == PAIR_TEXT)
        return 0;
    if (found == NULL)
        return fault_set(fault, -EUCLEAN, "%s has no row '%s'", SCHEMA_WORLD, row->name);
    const char *wrong = decode_pair(row, found->value, state);
    if (wrong != NULL && wrong[0] == '\0')
        return fault_set(fault, -EUCLEAN,
                         "%s: '%s' is '%.80s', but must be %" PRId64 " to %" PRId64, SCHEMA_WORLD,
                         row->name, found->value, row->least, row->most);
    encode_pair(row, state, &written);
    if (wrong == NULL && strcmp(written.value, found->value) != 0)
        wrong = "is not as credd writes it";
    if (wrong != NULL)
        return fault_set(fault, -EUCLEAN, "%s: '%s' %s: '%.80s'", SCHEMA_WORLD, row->name, wrong,
                         found->value);
    return 0;
}

static bool has_row(const struct world_state *state, const struct pair_row *row)
{
    return row->since <= state->model || row->since == 1;
}

int world_state_read_pairs(struct world_state *state, const struct store_description *description,
                           struct fault *fault)
{
    int result = 0;
    state->model = 1;
    if (find_pair(description, pair_rows[MODEL_ROW].name) != NULL)
        result = decode_row(&pair_rows[MODEL_ROW], description, state, fault);
    for (size_t i = 0; i < PAIR_ROWS && result == 0; i++)
        if (has_row(state, &pair_rows[i]))
            result = decode_row(&pair_rows[i], description, state, fault);
    return result;
}

/* --- checksums --- */

static uint64_t add_pairs(uint64_t sum, const struct world_state *state, enum pair_writer from,
                          enum pair_writer to)
{
    for (size_t i = 0; i < PAIR_ROWS; i++) {
        struct store_pair pair;
        if (pair_rows[i].writer < from || pair_rows[i].writer > to ||
            !has_row(state, &pair_rows[i]))
            continue;
        encode_pair(&pair_rows[i], state, &pair);
        sum = checksum_text(checksum_text(sum, pair.name), pair.value);
    }
    return sum;
}

/* Watermarks and counts are left out: they change with each batch. */
static uint64_t add_stream(uint64_t sum, const struct stream_state *stream)
{
    const int64_t numbers[] = {stream->not_before.s, stream->paused, stream->paused_at.s,
                               stream->paused_wall_us, stream->resumes_wall_us};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sum = checksum_number(sum, numbers[i]);
    return checksum_text(checksum_text(sum, stream->paused_by), stream->reason);
}

/* In the order of seq, but for gaps, which have none when they are read back. */
static uint64_t add_acts(uint64_t sum, const struct world_state *state)
{
    size_t count;
    uint64_t gaps = 0;
    const struct world_act *acts = world_state_acts(state, &count);
    for (size_t i = 0; i < count; i++) {
        const int64_t numbers[] = {acts[i].kind, acts[i].stream, acts[i].at.s, acts[i].until.s,
                                   acts[i].value};
        bool gap = acts[i].kind == WORLD_ACT_GAP;
        uint64_t of = gap ? CHECKSUM_START : sum;
        for (size_t j = 0; j < sizeof numbers / sizeof *numbers; j++)
            of = checksum_number(of, numbers[j]);
        gaps += gap ? of : 0;
        sum = gap ? sum : of;
    }
    return checksum_number(checksum_number(sum, (int64_t)gaps), state->last_seq);
}

static uint64_t sum_of_world(const struct world_state *state)
{
    uint64_t sum = add_pairs(CHECKSUM_START, state, BY_RESET, BY_ACT);
    sum = checksum_number(sum, state->generation);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        sum = add_stream(sum, &state->streams[i]);
    return add_acts(sum, state);
}

static uint64_t sum_of_heartbeat(const struct world_state *state)
{
    uint64_t sum = checksum_text(CHECKSUM_START, state->world_id);
    return add_pairs(sum, state, BY_HEARTBEAT, BY_HEARTBEAT);
}

/* The checksums, each over what is written together. */
static const struct {
    const char *name;
    const char *covers;
    uint64_t (*of)(const struct world_state *state);
    enum pair_writer writer;
} sum_rows[] = {
    {"checksum", "settings, clock, pauses, acts and gaps", sum_of_world, BY_ACT},
    {"checksum_seen", "clock_reached_us, clock_seen_us and owner", sum_of_heartbeat, BY_HEARTBEAT},
};
#define SUM_ROWS (sizeof sum_rows / sizeof *sum_rows)
static_assert(PAIR_ROWS + SUM_ROWS <= WORLD_STATE_PAIRS_MAX, "room for every row of credd_world");

static void encode_sum(uint64_t sum, const char *name, struct store_pair *ret_pair)
{
    (void)snprintf(ret_pair->name, sizeof ret_pair->name, "%s", name);
    (void)snprintf(ret_pair->value, sizeof ret_pair->value, "%016" PRIx64, sum);
}

int world_state_check_sums(const struct world_state *state,
                           const struct store_description *description, struct fault *fault)
{
    /* A later model's may cover what this version does not know. */
    for (size_t i = 0; i < SUM_ROWS && state->model <= WORLD_MODEL; i++) {
        const struct store_pair *found = find_pair(description, sum_rows[i].name);
        struct store_pair is;
        if (found == NULL) /* as older versions wrote it */
            continue;
        encode_sum(sum_rows[i].of(state), sum_rows[i].name, &is);
        if (strcmp(is.value, found->value) != 0)
            return fault_set(fault, -EUCLEAN,
                             "%s: somebody changed rows of credd's own tables: %s do not add up to "
                             "'%s' %.80s",
                             SCHEMA_WORLD, sum_rows[i].covers, sum_rows[i].name, found->value);
    }
    return 0;
}

/* --- writing --- */

static size_t encode(const struct world_state *state, enum pair_writer from,
                     struct store_pair pairs[WORLD_STATE_PAIRS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < PAIR_ROWS; i++)
        if (pair_rows[i].writer >= from && has_row(state, &pair_rows[i]))
            encode_pair(&pair_rows[i], state, &pairs[count++]);
    for (size_t i = 0; i < SUM_ROWS; i++)
        if (sum_rows[i].writer >= from)
            encode_sum(sum_rows[i].of(state), sum_rows[i].name, &pairs[count++]);
    return count;
}

size_t world_state_clock_pairs(const struct world_state *state,
                               struct store_pair pairs[WORLD_STATE_PAIRS_MAX])
{
    return encode(state, BY_ACT, pairs);
}

size_t world_state_all_pairs(const struct world_state *state,
                             struct store_pair pairs[WORLD_STATE_PAIRS_MAX])
{
    return encode(state, BY_RESET, pairs);
}

size_t world_state_heartbeat_pairs(const struct world_state *state,
                                   struct store_pair pairs[WORLD_STATE_PAIRS_MAX])
{
    return encode(state, BY_HEARTBEAT, pairs);
}
