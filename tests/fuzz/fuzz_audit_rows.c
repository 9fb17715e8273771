/* Rows as verify, digest, export and the comparison read them. The tables hold what the model says;
 * each line of the input changes them, as an application may:
 *   + TABLE FIELD…          a row of these texts, NULL where none is left or one is "\N"
 *   = TABLE ROW COLUMN TEXT another value
 *   - TABLE ROW             deleted
 *   2 TABLE ROW             there twice
 *   ~                       in no order, as by an application's collation
 *   ! JOB                   beside verify: 0 digest, 1 comparison, 2 export, 3 history
 * TABLE is a digit, 5 for credd_status, 6 for credd_change. */
#include "audit/reader_parts.h"
#include "base/mem.h"
#include "fake_store.h"
#include "state_world.h"
#include "store/sql.h"

#define STATUS   SCHEMA_TABLES
#define CHANGES  (SCHEMA_TABLES + 1)
#define TABLES   (SCHEMA_TABLES + 2)
#define ROWS_MAX 64
#define KEPT_MAX 12 /* rows of each table: more of them reach nothing else */
#define LIVE_S   INT64_C(3600)

struct row {
    const char *texts[CHANGE_CELLS_MAX];
};

struct tables {
    struct row rows[TABLES][ROWS_MAX];
    size_t counts[TABLES];
    bool unsorted, changed;
    unsigned jobs; /* a bit each */
};

/* Made once: what a verify of the same world reads. */
struct fixture {
    struct fake_store store; /* first: it is the backend's own */
    struct world_state state;
    struct reader reader;
    struct mailbox mailbox;
    struct outside outside;
    struct time_source time;
    struct thread_driver threads;
    struct tables model, *now;
    struct change_list changes[STREAM_COUNT];
};

/* NULL while it is made: the model is asked once, since what it says stays the same. */
static const struct fixture *kept;

int __real_world_changes(struct world *world, enum stream_id stream, world_time from, world_time to,
                         size_t limit, world_sink *sink, void *context, world_time *ret_reached);
int __wrap_world_changes(struct world *world, enum stream_id stream, world_time from, world_time to,
                         size_t limit, world_sink *sink, void *context, world_time *ret_reached);

int __wrap_world_changes(struct world *world, enum stream_id stream, world_time from, world_time to,
                         size_t limit, world_sink *sink, void *context, world_time *ret_reached)
{
    if (kept == NULL)
        return __real_world_changes(world, stream, from, to, limit, sink, context, ret_reached);
    const struct change_list *changes = &kept->changes[stream];
    FUZZ_CHECK(from.s == WORLD_TIME_FIRST.s && to.s == kept->state.streams[stream].watermark.s);
    for (size_t i = 0; i < changes->count; i++) {
        int result = sink(context, &changes->items[i]);
        if (result != 0)
            return result;
    }
    *ret_reached = to;
    return 0;
}

static const struct schema_table *table_of(size_t i)
{
    return i < SCHEMA_TABLES ? &schema_tables[i] : i == STATUS ? &schema_status : &schema_change;
}

/* --- the database --- */

static int by_key(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = strcmp(x->texts[0], y->texts[0]);
    return order != 0 || x->texts[2] == NULL || y->texts[2] == NULL
               ? order
               : strcmp(x->texts[2], y->texts[2]);
}

static int by_change(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = 0;
    for (unsigned i = 1; order == 0 && i < 4; i++)
        order =
            strcmp(x->texts[i] != NULL ? x->texts[i] : "", y->texts[i] != NULL ? y->texts[i] : "");
    return order;
}

static int page(void *self, const char *table, const char *after, size_t limit,
                store_visitor *visit, void *context, size_t *ret_count, struct fault *fault)
{
    const struct tables *tables = ((struct fixture *)self)->now;
    size_t place = strcmp(table, SCHEMA_CHANGE) == 0 ? CHANGES : schema_place(table);
    const struct schema_table *schema = table_of(place);
    (void)fault;
    FUZZ_CHECK(after == NULL && limit > ROWS_MAX);
    *ret_count = tables->counts[place];
    for (size_t i = 0; i < tables->counts[place]; i++) {
        struct cell cells[CHANGE_CELLS_MAX];
        for (unsigned k = 0; k < schema->count; k++) {
            const char *text = tables->rows[place][i].texts[k];
            cells[k] = sql_read_cell(&schema->columns[k], text, text != NULL ? strlen(text) : 0);
        }
        int result = visit(context, cells, schema->count);
        if (result != 0)
            return result < 0 ? result : 0;
    }
    return 0;
}

static wall_time wall(void *context)
{
    (void)context;
    return (wall_time){(STATE_ORIGIN + LIVE_S) * 1000000};
}

/* The loop takes all that is told whenever the reader waits for it. */
static void drain(struct fixture *fixture)
{
    struct post *post = mailbox_take(&fixture->mailbox), *next;
    for (; post != NULL; post = next) {
        next = post->next;
        post_free(post);
    }
    if (fixture->reader.current != NULL)
        fixture->reader.current->outstanding = 0;
}

static void rest(struct thread *thread, int64_t us)
{
    (void)us;
    drain((struct fixture *)(void *)thread);
}

/* --- what the model says --- */

static void add_row(struct tables *tables, size_t place, const struct cell *cells, unsigned count)
{
    char text[CELL_PRINT_MAX + 1];
    FUZZ_CHECK(tables->counts[place] < ROWS_MAX / 2);
    struct row *row = &tables->rows[place][tables->counts[place]++];
    for (unsigned i = 0; i < count; i++) {
        (void)cell_print(&cells[i], text);
        row->texts[i] = cells[i].kind != CELL_NULL ? mem_text(text) : NULL;
    }
}

struct filling {
    struct tables *tables;
    size_t place;
    struct change_list *changes;
};

static void fill_update(struct tables *tables, const struct change *change)
{
    const struct change_columns *columns = change_columns_of(change);
    char key[CELL_PRINT_MAX + 1], text[CELL_PRINT_MAX + 1];
    (void)cell_print(&change->cells[0], key);
    for (unsigned i = 0; i < columns->count; i++) {
        const struct cell *value = &change_after(change)[i];
        (void)cell_print(value, text);
        const struct cell note[] = {cell_text(columns->table),
                                    change->cells[0],
                                    {.kind = CELL_TIME, .number = change->at},
                                    cell_text(columns->columns[i].name),
                                    value->kind != CELL_NULL ? cell_text(text) : *value};
        for (size_t row = 0; row < tables->counts[0]; row++)
            if (strcmp(tables->rows[0][row].texts[0], key) == 0)
                tables->rows[0][row].texts[columns->columns[i].place] =
                    value->kind != CELL_NULL ? mem_text(text) : NULL;
        if (!cell_same(&change_before(change)[i], value))
            add_row(tables, CHANGES, note, 5);
    }
}

static int fill_change(void *context, const struct change *change)
{
    struct filling *filling = context;
    if (filling->changes->count == KEPT_MAX)
        return 0;
    change_list_add(filling->changes, change);
    if (change->kind == CHANGE_UPDATE) {
        fill_update(filling->tables, change);
        return 0;
    }
    const struct schema_table *table = table_of(filling->place);
    bool moved = change->kind == CHANGE_MOVE;
    int column = moved ? 2 : table->status_column;
    const struct cell at = {.kind = CELL_TIME, .number = change->at};
    if (!moved)
        add_row(filling->tables, filling->place, change->cells, change->count);
    if (column >= 0 && change->cells[column].kind == CELL_TEXT) {
        struct cell step[] = {change->cells[0], change->cells[column], at};
        add_row(filling->tables, STATUS, step, 3);
    }
    return 0;
}

static void fill(struct fixture *fixture)
{
    struct tables *tables = &fixture->model;
    for (size_t i = 0; i < SCHEMA_TABLES; i++) {
        struct filling filling = {tables, i, &fixture->changes[i]};
        world_time reached;
        FUZZ_CHECK(world_changes(fixture->reader.session.world, (enum stream_id)i, WORLD_TIME_FIRST,
                                 fixture->state.streams[i].watermark, 0, fill_change, &filling,
                                 &reached) == 0);
    }
}

static struct fixture *make_fixture(void)
{
    struct fixture *made = MEM_NEW(struct fixture);
    struct fault fault = {.text = ""};
    made->state = state_world();
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        made->state.streams[i].watermark.s = STATE_ORIGIN + LIVE_S;
    made->store = (struct fake_store){state_world_rows(&made->state), page};
    made->time = (struct time_source){.wall = wall};
    made->threads = (struct thread_driver){.sleep = rest};
    made->outside = (struct outside){.time = &made->time, .threads = &made->threads};
    FUZZ_CHECK(mailbox_init(&made->mailbox, &fault) == 0);
    made->reader.outside = &made->outside;
    made->reader.mailbox = &made->mailbox;
    made->reader.thread = (struct thread *)(void *)made;
    (void)pthread_mutex_init(&made->reader.lock, NULL);
    session_init(&made->reader.session, NULL, NULL, NULL, "");
    made->reader.session.store = store_wrap(&fake_backend, made);
    FUZZ_CHECK(session_load(&made->reader.session, &fault) == 0);
    fill(made);
    return made;
}

/* --- the input --- */

static void insert(struct tables *tables, size_t place, char *line)
{
    struct row row = {.texts = {""}};
    if (tables->counts[place] == ROWS_MAX)
        return;
    for (unsigned i = 0; i < table_of(place)->count && *line != '\0'; i++) {
        row.texts[i] = fuzz_field(&line, '\t');
        if (i > 0 && strcmp(row.texts[i], "\\N") == 0)
            row.texts[i] = NULL;
    }
    tables->rows[place][tables->counts[place]++] = row;
}

static void change(struct tables *tables, char what, size_t place, char *line)
{
    size_t *count = &tables->counts[place];
    if (*count == 0)
        return;
    size_t at = (uint64_t)fuzz_field_number(&line, '\t') % *count;
    struct row *row = &tables->rows[place][at];
    size_t column = (uint64_t)fuzz_field_number(&line, '\t') % table_of(place)->count;
    if (what == '=')
        row->texts[column] = column > 0 && strcmp(line, "\\N") == 0 ? NULL : line;
    else if (what == '-')
        *row = tables->rows[place][--*count];
    else if (what == '2' && *count < ROWS_MAX)
        tables->rows[place][(*count)++] = *row;
}

static void take_line(struct tables *tables, char *line)
{
    char what = line[0];
    tables->changed = true;
    if (what == '~')
        tables->unsorted = true;
    if (what == '!' && line[1] == '\t')
        tables->jobs |= 1u << (line[2] & 3);
    if (what == '\0' || line[1] != '\t' || line[2] < '0' || line[2] > '6' || line[3] != '\t')
        return;
    size_t place = (size_t)(line[2] - '0');
    if (what == '+')
        insert(tables, place, line + 4);
    else
        change(tables, what, place, line + 4);
}

static void take(struct fixture *fixture, char *text)
{
    *fixture->now = fixture->model;
    while (*text != '\0')
        take_line(fixture->now, fuzz_field(&text, '\n'));
    for (size_t i = 0; i < TABLES && fixture->now->changed && !fixture->now->unsorted; i++)
        qsort(fixture->now->rows[i], fixture->now->counts[i], sizeof(struct row),
              i == CHANGES ? by_change : by_key);
}

typedef int job_function(struct reader *reader, struct reader_job *job, struct fault *fault);

static void do_job(struct fixture *fixture, job_function *work)
{
    struct reader_job *job = MEM_NEW(struct reader_job);
    struct fault fault = {.text = ""};
    job->task.streams = STREAMS_ALL | SCHEMA_STATUS_BIT | SCHEMA_CHANGE_BIT;
    fixture->reader.current = job;
    int result = work(&fixture->reader, job, &fault);
    FUZZ_SAY(result < 0, fault.text);
    FUZZ_CHECK(result == 0);
    drain(fixture);
    fixture->reader.current = NULL;
    free(job);
}

static void do_jobs(struct fixture *fixture)
{
    static job_function *const beside[] = {digest_tables, compare_tables, export_tables,
                                           tell_history};
    do_job(fixture, verify_world);
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        if (fixture->now->jobs & 1u << i)
            do_job(fixture, beside[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fixture *fixture; /* made once for all inputs */
    if (fixture == NULL)
        kept = fixture = make_fixture();
    char *text = fuzz_text(data, size);
    fixture->now = malloc(sizeof *fixture->now);
    FUZZ_CHECK(fixture->now != NULL);
    take(fixture, text);
    do_jobs(fixture);
    free(fixture->now);
    fixture->now = NULL;
    free(text);
    return 0;
}
