/* Verify: the changes of values that credd_change tells, beside those that the model says there
 * were. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/verify_parts.h"
#include "clock/span.h"

struct changes {
    struct audit *audit;
    size_t next; /* of the model's values */
    char key[CELL_PRINT_MAX + 1];
    /* Of the row in hand: whose groups are noted as others', and what is missing. */
    bool others[CHANGE_GROUPS];
    uint64_t lacks[CHANGE_GROUPS];
    uint64_t missing, left, altered;
};

/* Whether something is still to come is known once all of a row was seen. */
static void end_row(struct changes *changes)
{
    for (unsigned group = 0; group < CHANGE_GROUPS; group++) {
        changes->left += changes->others[group] ? 1 : 0;
        changes->missing += changes->others[group] ? 0 : changes->lacks[group];
        changes->others[group] = false;
        changes->lacks[group] = 0;
    }
}

static void begin_row(struct changes *changes, const char *key)
{
    if (strcmp(changes->key, key) == 0)
        return;
    end_row(changes);
    (void)snprintf(changes->key, sizeof changes->key, "%s", key);
}

static const struct model_value *next_of(const struct changes *changes)
{
    const struct model_updates *updates = &changes->audit->updates;
    return changes->next < updates->count ? &updates->values[changes->next] : NULL;
}

static void miss(struct changes *changes, const struct model_value *value)
{
    const char *key = model_updates_key(&changes->audit->updates, value);
    begin_row(changes, key);
    if (key_index_find(&changes->audit->customers, key, strlen(key)) != NULL)
        changes->lacks[value->group]++;
    changes->next++;
}

static int order_of(const struct changes *changes, const struct model_value *value, const char *key,
                    int64_t at, const char *column)
{
    int order = strcmp(model_updates_key(&changes->audit->updates, value), key);
    if (order == 0 && value->at != at)
        order = value->at < at ? -1 : 1;
    return order != 0 ? order : strcmp(model_updates_column(value), column);
}

static bool is_mark(struct changes *changes, const char *column)
{
    bool mark = false;
    for (unsigned group = 0; group < CHANGE_GROUPS; group++)
        if (strcmp(column, change_groups[group].name) == 0)
            mark = changes->others[group] = true;
    return mark;
}

static int match(struct changes *changes, const struct cell *cells, int64_t at)
{
    struct audit *audit = changes->audit;
    const struct model_updates *updates = &audit->updates;
    char key[CELL_PRINT_MAX + 1], column[CELL_PRINT_MAX + 1];
    const struct model_value *value;
    int order = 1;
    (void)cell_print(&cells[1], key);
    (void)cell_print(&cells[3], column);
    while ((value = next_of(changes)) != NULL &&
           (order = order_of(changes, value, key, at, column)) < 0)
        miss(changes, value);
    begin_row(changes, key);
    if (value != NULL && order == 0) {
        const struct cell to_be = model_updates_cell(updates, value);
        changes->altered += cell_same(&cells[4], &to_be) ? 0 : 1;
        changes->next++;
        return 0;
    }
    if (at > audit->until[STREAM_CUSTOMERS].s || is_mark(changes, column))
        return 0;
    return verify_find(audit, "unknown", SCHEMA_CHANGE, key, false,
                       "a change of %s that is not one of this world", column);
}

static int check_change(void *context, const struct cell *cells, unsigned count)
{
    struct changes *changes = context;
    struct audit *audit = changes->audit;
    char time[TIME_TEXT_MAX], now[TIME_TEXT_MAX], key[CELL_PRINT_MAX + 1];
    (void)count;
    if (cells[1].kind != CELL_TEXT || cells[2].kind != CELL_TIME ||
        !stream_owns_key(STREAM_CUSTOMERS, cells[1].text, cells[1].length))
        return 0;
    int64_t at = cells[2].number;
    int result = at > audit->now.s ? verify_read_time(audit) : 0;
    (void)cell_print(&cells[1], key);
    if (result == 0 && at > audit->now.s)
        result = verify_find(audit, "future", SCHEMA_CHANGE, key, false,
                             "a change at %s, which is in the future: it is now %s",
                             time_text(at, time), time_text(audit->now.s, now));
    return result == 0 && audit->session->world != NULL ? match(changes, cells, at) : result;
}

static int tell(struct changes *changes)
{
    struct audit *audit = changes->audit;
    bool skipped = audit->session->state.streams[STREAM_CUSTOMERS].skipped > 0;
    const struct {
        const char *check, *one, *more;
        uint64_t count;
        bool note;
    } told[] = {
        {"missing", "change that is due is not there", "changes that are due are not there",
         changes->missing, skipped},
        {"altered", "value was changed outside credd", "values were changed outside credd",
         changes->altered, true},
        {"others", "customer's address or work was changed outside credd, which leaves it alone",
         "customers' addresses or work were changed outside credd, which leaves them alone",
         changes->left, true},
    };
    int result = 0;
    for (size_t i = 0; i < sizeof told / sizeof *told && result == 0; i++)
        if (told[i].count > 0)
            result =
                verify_find(audit, told[i].check, SCHEMA_CHANGE, "", told[i].note, "%" PRIu64 " %s",
                            told[i].count, told[i].count == 1 ? told[i].one : told[i].more);
    return result;
}

int verify_changes(struct audit *audit)
{
    struct changes changes = {.audit = audit};
    const struct model_value *value;
    int result =
        reader_walk(audit->reader, audit->job, SCHEMA_CHANGE, check_change, &changes, audit->fault);
    while (result == 0 && (value = next_of(&changes)) != NULL)
        miss(&changes, value);
    end_row(&changes);
    return result == 0 ? tell(&changes) : result;
}
