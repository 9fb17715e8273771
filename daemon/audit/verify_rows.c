/* Verify: the rows of one table, by themselves and beside the model's. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/model_rows.h"
#include "audit/verify_parts.h"
#include "base/checksum.h"
#include "base/mem.h"
#include "clock/span.h"

#define FOREIGN_MAX 1000000 /* rows of others that are compared with ours */
#define GAP_ROWS    2       /* so many rows missing in a row are a gap, not somebody's DELETE */

/* One table's pass. */
struct pass {
    struct audit *audit;
    const struct schema_table *table;
    enum stream_id stream;
    int date_column;
    world_time until; /* the stream's watermark when the audit began */
    struct model_rows model;
    const struct change *next;
    bool failed;
    uint64_t missing, excused, left_out, altered, foreign;
    uint64_t owned;    /* rows with a key like credd's */
    uint64_t may_lack; /* rows that credd left out itself, of which it only knows how many */
    uint64_t run;      /* expected rows missing one after the other */
    int64_t run_from, run_to;
    char last_key[CELL_PRINT_MAX + 1];
    uint64_t *foreign_hashes;
    size_t foreign_count;
};

static bool owned(const struct pass *pass, const struct cell *key)
{
    return key->kind == CELL_TEXT && stream_owns_key(pass->stream, key->text, key->length);
}

static uint64_t hash_row(const struct cell *cells, unsigned count)
{
    uint64_t hash = CHECKSUM_START;
    for (unsigned i = 1; i < count; i++) {
        char text[CELL_PRINT_MAX + 1];
        unsigned length = cell_print(&cells[i], text);
        text[length] = (char)(cells[i].kind == CELL_NULL ? 1 : 0);
        for (unsigned j = 0; j <= length; j++)
            hash = checksum_byte(hash, (unsigned char)text[j]);
    }
    return hash;
}

/* --- rows by themselves --- */

static int check_future(struct pass *pass, const char *key, bool ours, int64_t created)
{
    struct audit *audit = pass->audit;
    char time[TIME_TEXT_MAX], limit[TIME_TEXT_MAX];
    if (created <= (ours ? audit->now : audit->latest).s)
        return 0;
    int result = verify_read_time(audit);
    world_time latest = ours ? audit->now : audit->latest;
    if (result < 0 || created <= latest.s)
        return result;
    return verify_find(audit, "future", pass->table->name, key, false,
                       "created at %s, which is in the future: it is now %s",
                       time_text(created, time), time_text(latest.s, limit));
}

/* A customer whose key says that they came after the customers were read. */
static bool came_later(const struct audit *audit, const struct cell *key)
{
    char text[CELL_PRINT_MAX + 1], stamp[32];
    struct cell until = {.kind = CELL_TIME, .number = audit->until[STREAM_CUSTOMERS].s};
    if (!stream_owns_key(STREAM_CUSTOMERS, key->text, key->length))
        return false;
    (void)cell_print(&until, text);
    (void)snprintf(stamp, sizeof stamp, "CU-%.4s%.2s%.2s%.2s%.2s%.2s", text, text + 5, text + 8,
                   text + 11, text + 14, text + 17);
    return strncmp(key->text, stamp, strlen(stamp)) > 0;
}

static int check_parent(struct pass *pass, const char *key, bool ours, const struct cell *cells,
                        int64_t created)
{
    struct audit *audit = pass->audit;
    const struct cell *parent = &cells[pass->table->parent_column];
    char time[TIME_TEXT_MAX], born[TIME_TEXT_MAX];
    if (audit->unread & 1u << STREAM_CUSTOMERS)
        return 0;
    if (parent->kind != CELL_TEXT)
        return ours ? verify_find(audit, "orphan", pass->table->name, key, false,
                                  "has no customer_id")
                    : 0;
    const struct key_entry *customer =
        key_index_find(&audit->customers, parent->text, parent->length);
    if (customer == NULL && came_later(audit, parent))
        return 0;
    if (customer == NULL)
        return verify_find(audit, "orphan", pass->table->name, key, false,
                           "refers to customer %.*s, who does not exist", (int)parent->length,
                           parent->text);
    if (created == KEY_NO_INSTANT || created >= customer->created)
        return 0;
    /* Others write wall time: in a world that is ahead of it their rows are older than new
     * customers. */
    bool note = !ours && audit->now.s >= audit->latest.s;
    return verify_find(audit, "before-customer", pass->table->name, key, note,
                       "created at %s, before customer %.*s joined at %s", time_text(created, time),
                       (int)parent->length, parent->text, time_text(customer->created, born));
}

static int check_date(struct pass *pass, const char *key, const struct cell *cells, int64_t created)
{
    if (pass->date_column < 0 || created == KEY_NO_INSTANT)
        return 0;
    const struct cell *date = &cells[pass->date_column];
    int64_t day = zone_day(pass->audit->session->zone, created);
    bool market = pass->stream == STREAM_MARKET_DATA;
    if (date->kind == CELL_DATE && (market ? date->number <= day : date->number == day))
        return 0;
    char text[CELL_PRINT_MAX + 1], time[TIME_TEXT_MAX];
    (void)cell_print(date, text);
    return verify_find(pass->audit, "date", pass->table->name, key, false,
                       "%s is %s, which does not match its time %s",
                       pass->table->columns[pass->date_column].name, text,
                       time_text(created, time));
}

/* --- rows against the model --- */

static bool same_cell(const struct cell *a, const struct cell *b)
{
    char text[2][CELL_PRINT_MAX + 1];
    if ((a->kind == CELL_NULL) != (b->kind == CELL_NULL))
        return false;
    return cell_print(a, text[0]) == cell_print(b, text[1]) && strcmp(text[0], text[1]) == 0;
}

/* The world goes on while it is read: the row may have been updated since the pass began. */
static int is_later(struct pass *pass, const struct cell *key, unsigned place,
                    const struct cell *value, bool *ret_later)
{
    struct audit *audit = pass->audit;
    int result = verify_read_time(audit);
    world_time to = audit->session->state.streams[STREAM_CUSTOMERS].watermark;
    if (result < 0 || !world_before(pass->until, to))
        return result;
    if (audit->later_to.s != to.s) {
        model_updates_done(&audit->later);
        pass->failed = pass->failed || model_updates_read(audit->session->world, STREAM_CUSTOMERS,
                                                          to, &audit->later) < 0;
        audit->later_to = to;
    }
    *ret_later = model_updates_has(&audit->later, key, place, value);
    return 0;
}

static int compare_row(struct pass *pass, const struct cell *cells, unsigned count)
{
    struct cell to_be[CHANGE_CELLS_MAX];
    bool customers = pass->stream == STREAM_CUSTOMERS, same = true;
    int result = 0;
    memcpy(to_be, pass->next->cells, pass->next->count * sizeof to_be[0]);
    if (customers)
        model_updates_apply(&pass->audit->updates, &to_be[0], to_be);
    for (unsigned i = 1; same && result == 0 && i < count && i < pass->next->count; i++) {
        same = (int)i == pass->table->status_column || same_cell(&cells[i], &to_be[i]);
        if (!same && customers)
            result = is_later(pass, &cells[0], i, &cells[i], &same);
    }
    pass->altered += same ? 0 : 1;
    return result;
}

static int end_run(struct pass *pass)
{
    char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];
    uint64_t run = pass->run, lacks = run < pass->may_lack ? run : pass->may_lack;
    pass->run = 0;
    pass->may_lack -= lacks;
    pass->left_out += lacks;
    run -= lacks;
    pass->missing += run;
    if (run < GAP_ROWS || pass->stream == STREAM_CUSTOMERS)
        return 0;
    return verify_find(pass->audit, "gap", pass->table->name, "", false,
                       "%" PRIu64
                       " consecutive rows are missing, from %s to %s, without a recorded gap",
                       run, time_text(pass->run_from, from), time_text(pass->run_to, to));
}

static void miss(struct pass *pass)
{
    const struct change *row = pass->next;
    if (pass->table->parent_column >= 0) {
        const struct cell *parent = &row->cells[pass->table->parent_column];
        if (key_index_find(&pass->audit->customers, parent->text, parent->length) == NULL) {
            pass->excused++;
            return;
        }
    }
    if (pass->run++ == 0)
        pass->run_from = row->at;
    pass->run_to = row->at;
}

static int order_of(const struct cell *key, const struct change *change)
{
    const struct cell *other = &change->cells[0];
    unsigned least = key->length < other->length ? key->length : other->length;
    int order = memcmp(key->text, other->text, least);
    return order != 0 ? order : (key->length > other->length) - (key->length < other->length);
}

static int match(struct pass *pass, const char *key, const struct cell *cells, unsigned count,
                 int64_t created)
{
    while (pass->next != NULL && order_of(&cells[0], pass->next) > 0) {
        miss(pass);
        pass->next = model_rows_next(&pass->model, &pass->failed);
    }
    if (pass->model.world == NULL)
        return 0;
    if (pass->next != NULL && order_of(&cells[0], pass->next) == 0) {
        int result = end_run(pass);
        if (result == 0)
            result = compare_row(pass, cells, count);
        if (result == 0)
            pass->next = model_rows_next(&pass->model, &pass->failed);
        return result;
    }
    if (created > pass->until.s || strcmp(key, pass->last_key) == 0)
        return 0; /* written since the audit began; or a duplicate, told as such */
    return verify_find(pass->audit, "unknown", pass->table->name, key, false,
                       "has a key like credd's, but is not a row of this world");
}

static void remember_foreign(struct pass *pass, const struct cell *cells, unsigned count)
{
    pass->foreign++;
    if (pass->foreign_count == FOREIGN_MAX)
        return;
    if ((pass->foreign_count & (pass->foreign_count - 1)) == 0)
        pass->foreign_hashes =
            mem_grow(pass->foreign_hashes, pass->foreign_count > 0 ? pass->foreign_count * 2 : 1,
                     sizeof(uint64_t));
    pass->foreign_hashes[pass->foreign_count++] = hash_row(cells, count);
}

static void enlist(struct pass *pass, const struct cell *cells, int64_t created)
{
    struct audit *audit = pass->audit;
    const struct cell *key = &cells[0];
    if (pass->stream == STREAM_CUSTOMERS)
        (void)key_index_add(&audit->customers, key->text, key->length, created);
    if (pass->table->status_column < 0)
        return;
    struct key_entry *entry = key_index_add(&audit->applications, key->text, key->length, created);
    char status[CELL_PRINT_MAX + 1];
    (void)cell_print(&cells[pass->table->status_column], status);
    (void)snprintf(entry->word, sizeof entry->word, "%.19s", status);
}

static int check_row(void *context, const struct cell *cells, unsigned count)
{
    struct pass *pass = context;
    const struct cell *instant = &cells[pass->table->created_column];
    bool ours = owned(pass, &cells[0]);
    char key[CELL_PRINT_MAX + 1];
    (void)cell_print(&cells[0], key);
    if (cells[0].kind != CELL_TEXT)
        return verify_find(pass->audit, "unknown", pass->table->name, key, false,
                           "the row has no key");
    int64_t created = instant->kind == CELL_TIME ? instant->number : KEY_NO_INSTANT;
    enlist(pass, cells, created);
    pass->owned += ours ? 1 : 0;
    int result = 0;
    if (strcmp(key, pass->last_key) == 0)
        result = verify_find(pass->audit, "duplicate", pass->table->name, key, false,
                             "the key occurs more than once");
    if (result == 0)
        result = check_future(pass, key, ours, created);
    if (result == 0 && pass->table->parent_column >= 0)
        result = check_parent(pass, key, ours, cells, created);
    if (result == 0 && ours)
        result = check_date(pass, key, cells, created);
    if (result == 0 && ours)
        result = match(pass, key, cells, count, created);
    if (!ours)
        remember_foreign(pass, cells, count);
    memcpy(pass->last_key, key, sizeof pass->last_key);
    return result;
}

/* --- what others put beside our rows --- */

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int check_copy(void *context, const struct cell *cells, unsigned count)
{
    struct pass *pass = context;
    if (!owned(pass, &cells[0]))
        return 0;
    uint64_t hash = hash_row(cells, count);
    if (bsearch(&hash, pass->foreign_hashes, pass->foreign_count, sizeof hash, compare_hashes) ==
        NULL)
        return 0;
    char key[CELL_PRINT_MAX + 1];
    (void)cell_print(&cells[0], key);
    return verify_find(pass->audit, "duplicate", pass->table->name, key, false,
                       "another row has the same content under another key");
}

static int check_copies(struct pass *pass)
{
    if (pass->foreign_count == 0)
        return 0;
    qsort(pass->foreign_hashes, pass->foreign_count, sizeof(uint64_t), compare_hashes);
    return reader_walk(pass->audit->reader, pass->audit->job, pass->table->name, check_copy, pass,
                       pass->audit->fault);
}

static int tell_notes(struct pass *pass)
{
    const struct {
        const char *check, *one, *more;
        uint64_t count;
    } notes[] = {
        {"missing", "row was deleted outside credd", "rows were deleted outside credd",
         pass->missing},
        {"left-out", "row is missing, skipped by credd or deleted outside it",
         "rows are missing, skipped by credd or deleted outside it", pass->left_out},
        {"excused", "row is missing because its customer is missing",
         "rows are missing because their customers are missing", pass->excused},
        {"altered", "row was changed outside credd", "rows were changed outside credd",
         pass->altered},
        {"foreign", "row is not credd's", "rows are not credd's", pass->foreign},
    };
    int result = 0;
    for (size_t i = 0; i < sizeof notes / sizeof *notes && result == 0; i++)
        if (notes[i].count > 0)
            result = verify_find(pass->audit, notes[i].check, pass->table->name, "", true,
                                 "%" PRIu64 " %s", notes[i].count,
                                 notes[i].count == 1 ? notes[i].one : notes[i].more);
    return result;
}

/* All that can be said without the model that made the world. */
static int compare_counts(struct pass *pass)
{
    uint64_t written = (uint64_t)pass->audit->session->state.streams[pass->stream].rows;
    if (pass->model.world != NULL)
        return 0;
    if (pass->owned > written)
        return verify_find(pass->audit, "count", pass->table->name, "", false,
                           "%" PRIu64 " rows have a key like credd's, which wrote %" PRIu64,
                           pass->owned, written);
    pass->missing += written - pass->owned;
    return 0;
}

static int date_column(const struct schema_table *table)
{
    for (unsigned i = 0; i < table->count; i++)
        if (table->columns[i].kind == CELL_DATE &&
            strcmp(table->columns[i].name, "date_of_birth") != 0)
            return (int)i;
    return -1;
}

int verify_table(struct audit *audit, enum stream_id stream)
{
    struct pass pass = {
        .audit = audit,
        .table = &schema_tables[stream],
        .stream = stream,
        .date_column = date_column(&schema_tables[stream]),
        .until = audit->session->state.streams[stream].watermark,
        .may_lack = (uint64_t)audit->session->state.streams[stream].skipped,
    };
    char what[64];
    audit->until[stream] = pass.until;
    (void)snprintf(what, sizeof what, "%s", pass.table->name);
    int result = reader_progress(audit->reader, audit->job, what, stream, STREAM_COUNT + 1);
    model_rows_begin(&pass.model, audit->session->world, stream, pass.until);
    if (pass.model.world != NULL && stream == STREAM_CUSTOMERS)
        pass.failed = model_updates_read(pass.model.world, stream, pass.until, &audit->updates) < 0;
    if (pass.model.world != NULL)
        pass.next = model_rows_next(&pass.model, &pass.failed);
    if (result == 0)
        result = reader_walk(audit->reader, audit->job, pass.table->name, check_row, &pass,
                             audit->fault);
    while (result == 0 && pass.next != NULL) {
        miss(&pass);
        pass.next = model_rows_next(&pass.model, &pass.failed);
    }
    if (result == 0)
        result = end_run(&pass);
    if (result == 0)
        result = compare_counts(&pass);
    key_index_sort(stream == STREAM_CUSTOMERS ? &audit->customers : &audit->applications);
    if (result == 0)
        result = check_copies(&pass);
    if (result == 0)
        result = tell_notes(&pass);
    if (pass.failed && result == 0)
        result = fault_set(audit->fault, -EIO, "the model of %s fails", pass.table->name);
    free(pass.foreign_hashes);
    model_rows_done(&pass.model);
    return result;
}
