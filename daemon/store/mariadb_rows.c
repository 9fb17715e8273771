#include <assert.h>
#include <errno.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/mariadb.h"

/* Beyond some thousand rows a statement gains nothing. A step's key and status take at most so many
 * bytes of one. */
#define CHUNK_ROWS ((size_t)2000)
#define STEP_BYTES ((size_t)256)
#define LOG_CELLS  3

/* One run through a batch. */
struct work {
    const struct store_batch *batch;
    const struct schema_table *table;
    enum sql_side side;
    struct maria_aim aim, aim_log;
    char *insert, *insert_log;
    struct maria_rows *rows;     /* of the table */
    struct maria_rows *log;      /* of credd_status */
    const struct change **chunk; /* the changes that `rows` holds, or the moves in hand, */
    bool *moved;                 /* and which of them found their row where it was to be */
    size_t room;                 /* for so many of them */
    struct store_outcome outcome;
};

/* What credd_status gets for one step. */
static void add_log(struct work *work, const struct cell *key, const struct cell *status,
                    int64_t at)
{
    struct cell cells[LOG_CELLS] = {*key, *status, {.kind = CELL_TIME, .number = at}};
    maria_rows_add(work->log, cells);
}

static int write_log(struct maria *maria, struct work *work, struct fault *fault)
{
    int r = maria_rows_insert(maria, &work->aim_log, work->insert_log, work->log, fault);
    maria_rows_clear(work->log);
    return r;
}

/* --- insertions --- */

static int flush_inserts(struct maria *maria, struct work *work, struct fault *fault)
{
    const struct schema_table *table = work->table;
    size_t count = work->rows->count;
    int r = maria_rows_insert(maria, &work->aim, work->insert, work->rows, fault);
    for (size_t i = 0; r == 0 && i < count; i++) {
        const struct change *change = work->chunk[i];
        work->outcome.inserted += work->rows->kept[i] ? 1 : 0;
        work->outcome.skipped += work->rows->kept[i] ? 0 : 1;
        if (work->rows->kept[i] && table->status_column >= 0 &&
            change->cells[table->status_column].kind == CELL_TEXT)
            add_log(work, &change->cells[0], &change->cells[table->status_column], change->at);
    }
    maria_rows_clear(work->rows);
    return r != 0 ? r : write_log(maria, work, fault);
}

static int insert_all(struct maria *maria, struct work *work, size_t from, size_t until,
                      struct fault *fault)
{
    int r = 0;
    for (size_t i = from; r == 0 && i < until; i++) {
        const struct change *change = &work->batch->changes->items[i];
        if (change->kind != CHANGE_INSERT)
            continue;
        assert(change->count == work->table->count);
        work->chunk[work->rows->count] = change;
        maria_rows_add(work->rows, change->cells);
        if (maria_rows_full(maria, work->rows))
            r = flush_inserts(maria, work, fault);
    }
    return r != 0 ? r : flush_inserts(maria, work, fault);
}

/* --- moves --- */

/* An application as it stands: read and locked, then moved in memory, then written once. */
struct standing {
    struct cell key, status;
    bool moved, refused;
};

static int compare_cells(const struct cell *a, const struct cell *b)
{
    size_t least = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->text, b->text, least);
    return order != 0 ? order : (int)a->length - (int)b->length;
}

static int compare_keys(const void *a, const void *b)
{
    return compare_cells(&((const struct standing *)a)->key, &((const struct standing *)b)->key);
}

static int compare_moved(const void *a, const void *b)
{
    const struct standing *left = a;
    const struct standing *right = b;
    if (left->moved != right->moved)
        return left->moved ? -1 : 1;
    return compare_cells(&left->status, &right->status);
}

static struct cell text_of(const char *text, unsigned long length)
{
    struct cell cell = {.kind = CELL_TEXT};
    cell.length = (uint16_t)(length < UINT16_MAX ? length : UINT16_MAX);
    cell.text = text;
    return cell;
}

static int lock_standings(struct maria *maria, const struct work *work, size_t count,
                          MYSQL_RES **ret_result, struct fault *fault)
{
    char table[SQL_NAME_MAX];
    struct maria_text sql = {0};
    const char *key = work->table->columns[0].name;
    char *head = mem_format("SELECT %s, COALESCE(%s, '') FROM %s WHERE %s IN (", key,
                            work->table->columns[work->table->status_column].name,
                            sql_name(work->side, work->table->name, table), key);
    maria_text_add(&sql, head);
    free(head);
    for (size_t i = 0; i < count; i++) {
        maria_text_add(&sql, i > 0 ? ", " : "");
        maria_text_cell(&sql, maria->mysql, &work->chunk[i]->cells[0]);
    }
    maria_text_add(&sql, ") FOR UPDATE");
    int r = maria_ask(maria, sql.bytes, NULL, 0, ret_result, fault);
    return maria_refused_by(maria, r, &work->aim, fault);
}

static size_t take_standings(MYSQL_RES *result, struct standing *standings)
{
    MYSQL_ROW row = NULL;
    size_t count = 0;
    while ((row = mysql_fetch_row(result)) != NULL) {
        const unsigned long *lengths = mysql_fetch_lengths(result);
        standings[count++] = (struct standing){
            .key = text_of(row[0], lengths[0]),
            .status = text_of(row[1], lengths[1]),
        };
    }
    qsort(standings, count, sizeof *standings, compare_keys);
    return count;
}

/* As the database compares them: an ENUM or a trigger of the application's may spell them in lower
 * case. */
static bool is_status(const struct cell *is, const struct cell *wanted)
{
    return is->length == wanted->length && strncasecmp(is->text, wanted->text, is->length) == 0;
}

static void move_in_memory(const struct work *work, size_t moves, struct standing *standings,
                           size_t count)
{
    for (size_t i = 0; i < moves; i++) {
        const struct change *change = work->chunk[i];
        struct standing wanted = {.key = change->cells[0]};
        struct standing *found = bsearch(&wanted, standings, count, sizeof wanted, compare_keys);
        work->moved[i] = found != NULL && is_status(&found->status, &change->cells[1]);
        if (work->moved[i]) {
            found->status = change->cells[2];
            found->moved = true;
        }
    }
}

/* A column that the application let follow each update (ON UPDATE CURRENT_TIMESTAMP) keeps what
 * credd wrote if it is told its value. */
static void keep_times(struct maria_text *sql, const struct schema_table *table)
{
    for (unsigned i = 0; i < table->count; i++) {
        const char *name = table->columns[i].name;
        if (table->columns[i].kind != CELL_TIME && table->columns[i].kind != CELL_DATE)
            continue;
        char *part = mem_format(", %s = %s", name, name);
        maria_text_add(sql, part);
        free(part);
    }
}

/* `standings[from]` and those after it that have the same status, in one statement. */
static int update_at_once(struct maria *maria, const struct work *work,
                          const struct standing *standings, size_t from, size_t until,
                          struct fault *fault)
{
    char table[SQL_NAME_MAX];
    struct maria_text sql = {0};
    char *head = mem_format("UPDATE %s SET %s = ", sql_name(work->side, work->table->name, table),
                            work->table->columns[work->table->status_column].name);
    maria_text_add(&sql, head);
    free(head);
    maria_text_cell(&sql, maria->mysql, &standings[from].status);
    keep_times(&sql, work->table);
    maria_text_add(&sql, " WHERE ");
    maria_text_add(&sql, work->table->columns[0].name);
    maria_text_add(&sql, " IN (");
    for (size_t i = from; i < until; i++) {
        maria_text_add(&sql, i > from ? ", " : "");
        maria_text_cell(&sql, maria->mysql, &standings[i].key);
    }
    maria_text_add(&sql, ")");
    return maria_do(maria, sql.bytes, NULL, 0, fault);
}

/* Halved until it is known which one is refused. */
static int update_group(struct maria *maria, const struct work *work, struct standing *standings,
                        size_t from, size_t until, struct fault *fault)
{
    char key[CELL_PRINT_MAX + 1];
    size_t middle = from + (until - from) / 2;
    int r = update_at_once(maria, work, standings, from, until, fault);
    if (r != -EPROTO || maria->mysql == NULL)
        return r;
    enum refusal_kind kind = maria_refusal(maria);
    if (!refusal_is_of_row(kind))
        return maria_refused_by(maria, r, &work->aim, fault);
    if (until - from > 1) {
        r = update_group(maria, work, standings, from, middle, fault);
        return r != 0 ? r : update_group(maria, work, standings, middle, until, fault);
    }
    standings[from].refused = work->aim.skips && refusal_is_of_value(kind);
    (void)cell_print(&standings[from].key, key);
    return standings[from].refused ? 0 : maria_refusal_fault(maria, &work->aim, key, fault);
}

static int write_moves(struct maria *maria, struct work *work, struct standing *standings,
                       size_t count, struct fault *fault)
{
    int r = 0;
    qsort(standings, count, sizeof *standings, compare_moved);
    for (size_t from = 0; r == 0 && from < count && standings[from].moved;) {
        size_t until = from + 1;
        while (until < count && compare_moved(&standings[from], &standings[until]) == 0)
            until++;
        r = update_group(maria, work, standings, from, until, fault);
        from = until;
    }
    qsort(standings, count, sizeof *standings, compare_keys);
    return r;
}

/* A step is a part of the history once its row has moved. */
static void count_moves(struct work *work, size_t moves, const struct standing *standings,
                        size_t count)
{
    for (size_t i = 0; i < moves; i++) {
        const struct change *change = work->chunk[i];
        struct standing wanted = {.key = change->cells[0]};
        const struct standing *found =
            work->moved[i] ? bsearch(&wanted, standings, count, sizeof wanted, compare_keys) : NULL;
        bool moved = found != NULL && !found->refused;
        work->outcome.moved += moved ? 1 : 0;
        work->outcome.skipped += moved ? 0 : 1;
        if (moved)
            add_log(work, &change->cells[0], &change->cells[2], change->at);
    }
}

static int flush_moves(struct maria *maria, struct work *work, size_t moves, struct fault *fault)
{
    MYSQL_RES *result = NULL;
    if (moves == 0)
        return 0;
    int r = lock_standings(maria, work, moves, &result, fault);
    if (r != 0)
        return r;
    struct standing *standings = MEM_ARRAY(struct standing, mysql_num_rows(result));
    size_t count = take_standings(result, standings);
    move_in_memory(work, moves, standings, count);
    r = write_moves(maria, work, standings, count, fault);
    if (r == 0) {
        count_moves(work, moves, standings, count);
        r = write_log(maria, work, fault);
    }
    free(standings);
    mysql_free_result(result);
    return r;
}

static int move_all(struct maria *maria, struct work *work, size_t from, size_t until,
                    struct fault *fault)
{
    size_t moves = 0;
    int r = 0;
    for (size_t i = from; r == 0 && i < until; i++) {
        const struct change *change = &work->batch->changes->items[i];
        if (change->kind != CHANGE_MOVE)
            continue;
        assert(change->count == 3 && work->table->status_column >= 0);
        work->chunk[moves++] = change;
        if (moves == work->room) {
            r = flush_moves(maria, work, moves, fault);
            moves = 0;
        }
    }
    return r != 0 ? r : flush_moves(maria, work, moves, fault);
}

/* --- updates --- */

static int update_all(struct maria *maria, struct work *work, size_t from, size_t until,
                      struct fault *fault)
{
    size_t updates = 0;
    int r = 0;
    for (size_t i = from; r == 0 && i < until; i++) {
        const struct change *change = &work->batch->changes->items[i];
        if (change->kind != CHANGE_UPDATE)
            continue;
        work->chunk[updates++] = change;
        if (updates == CHUNK_ROWS) {
            r = maria_update(maria, &work->aim, work->chunk, updates, &work->outcome, fault);
            updates = 0;
        }
    }
    return r != 0 ? r
                  : maria_update(maria, &work->aim, work->chunk, updates, &work->outcome, fault);
}

/* --- order --- */

struct place {
    const struct change *change;
};

static int compare_places(const void *a, const void *b)
{
    const struct change *left = ((const struct place *)a)->change;
    const struct change *right = ((const struct place *)b)->change;
    int order = compare_cells(&left->cells[0], &right->cells[0]);
    if (order != 0)
        return order;
    return left < right ? -1 : left > right;
}

static bool inserts_only(const struct change_list *changes)
{
    size_t i = 0;
    while (i < changes->count && changes->items[i].kind == CHANGE_INSERT)
        i++;
    return i == changes->count;
}

/* True if no row is changed before it is inserted: then all insertions may go first. */
static bool inserts_first(const struct change_list *changes)
{
    if (inserts_only(changes))
        return true;
    struct place *sorted = MEM_ARRAY(struct place, changes->count);
    bool fine = true;
    for (size_t i = 0; i < changes->count; i++)
        sorted[i].change = &changes->items[i];
    qsort(sorted, changes->count, sizeof *sorted, compare_places);
    for (size_t i = 1; fine && i < changes->count; i++) {
        const struct change *before = sorted[i - 1].change;
        const struct change *after = sorted[i].change;
        fine = !(before->kind != CHANGE_INSERT && after->kind == CHANGE_INSERT &&
                 compare_cells(&before->cells[0], &after->cells[0]) == 0);
    }
    free(sorted);
    return fine;
}

static int write_changes(struct maria *maria, struct work *work, struct fault *fault)
{
    const struct change_list *changes = work->batch->changes;
    bool whole = inserts_first(changes);
    int r = 0;
    for (size_t from = 0; r == 0 && from < changes->count;) {
        size_t until = whole ? changes->count : from + 1;
        while (until < changes->count && changes->items[until].kind == changes->items[from].kind)
            until++;
        r = insert_all(maria, work, from, until, fault);
        if (r == 0)
            r = move_all(maria, work, from, until, fault);
        if (r == 0)
            r = update_all(maria, work, from, until, fault);
        from = until;
    }
    return r;
}

/* --- the transaction --- */

static int compare_and_swap(struct maria *maria, const struct work *work, struct fault *fault)
{
    const struct store_batch *batch = work->batch;
    struct cell cells[] = {
        maria_cell_number(batch->to.s),    maria_cell_text(batch->stream),
        maria_cell_text(batch->world_id),  maria_cell_number(batch->generation),
        maria_cell_number(batch->started), maria_cell_number(batch->from.s),
    };
    int r = maria_do(maria, sql_text(SQL_STREAM_SWAP, work->side), cells,
                     sizeof cells / sizeof *cells, fault);
    if ((r == 0 && maria_affected(maria) != 1) || (r == -EPROTO && maria_no_table(maria)))
        return fault_set(fault, -ESTALE,
                         "stream %s is not any more where it was read: another daemon, a reset or "
                         "an act came first",
                         batch->stream);
    return r;
}

static int know_columns(struct maria *maria, struct work *work, struct fault *fault)
{
    struct fill_use *use = &work->aim.use;
    int r = maria_columns_keep(maria, &work->aim, fault);
    if (r == 0 && work->table->status_column >= 0)
        r = maria_columns_keep(maria, &work->aim_log, fault);
    if (r == 0)
        r = maria_columns_filled(maria, &work->aim, &use->columns, fault);
    if (use->fill != NULL)
        work->outcome.lacks = ((1u << use->fill->count) - 1) & ~use->columns;
    free(work->insert);
    work->insert = sql_insert(work->table, work->side, use);
    return r;
}

static int write_batch(struct maria *maria, void *context, struct fault *fault)
{
    struct work *work = context;
    work->outcome = (struct store_outcome){0};
    maria_rows_clear(work->rows);
    maria_rows_clear(work->log);
    int r = maria_check_marker(maria, false, fault);
    if (r == 0)
        r = compare_and_swap(maria, work, fault);
    if (r == 0 && work->batch->changes->count > 0)
        r = know_columns(maria, work, fault);
    if (r == 0)
        r = write_changes(maria, work, fault);
    if (r == 0 && work->batch->changes->count > 0) {
        struct cell cells[] = {maria_cell_number(work->outcome.inserted),
                               maria_cell_number(work->outcome.skipped),
                               maria_cell_text(work->batch->stream)};
        r = maria_do(maria, sql_text(SQL_STREAM_COUNT, work->side), cells, 3, fault);
        if (r == 0)
            r = maria_check_made(maria, work->batch->made, fault);
    }
    return r;
}

/* Steps go in statements of so many, which the server has to accept. */
static size_t chunk_room(const struct maria *maria, size_t changes)
{
    size_t room = maria->request_max / STEP_BYTES;
    room = room > CHUNK_ROWS ? CHUNK_ROWS : room;
    room = room > changes ? changes : room;
    return room > 0 ? room : 1;
}

int maria_commit(struct maria *maria, bool shadow, const struct store_batch *batch,
                 struct store_outcome *ret_outcome, struct fault *fault)
{
    static const struct change_list nothing;
    struct store_batch kept = *batch;
    char log[SQL_NAME_MAX];
    struct work work = {.batch = &kept, .side = shadow ? SQL_SHADOW : SQL_LIVE};
    work.table = schema_table(batch->stream);
    assert(work.table != NULL);
    if (kept.changes == NULL)
        kept.changes = &nothing;
    work.room = chunk_room(maria, kept.changes->count);
    const struct fill_use use = {.fill = batch->fill, .escapes = true};
    work.aim = (struct maria_aim){work.table, work.side, batch->skips_refused, use};
    /* A step is not left out alone: the row would have moved without it. */
    work.aim_log = (struct maria_aim){.table = &schema_status, .side = work.side};
    work.insert_log = mem_format("INSERT INTO %s (application_id, status, at) VALUES (?, ?, ?)",
                                 sql_name(work.side, SCHEMA_STATUS, log));
    work.rows = maria_rows_new(work.table->count, work.room);
    work.log = maria_rows_new(LOG_CELLS, work.room);
    work.chunk = MEM_ARRAY(const struct change *, work.room);
    work.moved = MEM_ARRAY(bool, work.room);
    int r = maria_transaction(maria, write_batch, &work, fault);
    if (r == 0)
        *ret_outcome = work.outcome;
    free(work.moved);
    free(work.chunk);
    maria_rows_free(work.log);
    maria_rows_free(work.rows);
    free(work.insert_log);
    free(work.insert);
    return r;
}
