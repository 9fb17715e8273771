#include "engine/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/reader_parts.h"
#include "engine/thread.h"

#define JOBS_MAX        16
#define OUTSTANDING_MAX 8
#define EXPORT_ROWS     500
#define NUDGE_US        1000000
#define STOP_GRACE_MS   300
#define STOP_CUT_MS     1000

struct reader {
    const struct time_source *time;
    struct channel *channel;
    struct thread thread;
    struct plan plan;
    struct session session;
    struct row_texts texts;
    pthread_mutex_t lock;
    struct reader_job *first, *current;
    unsigned count;
    bool stop;
};

static void lock(struct reader *reader)
{
    (void)pthread_mutex_lock(&reader->lock);
}

static void unlock(struct reader *reader)
{
    (void)pthread_mutex_unlock(&reader->lock);
}

struct session *reader_session(struct reader *reader)
{
    return &reader->session;
}

wall_time reader_wall(struct reader *reader)
{
    return reader->time->wall(reader->time->context);
}

int reader_alive(struct reader *reader, struct reader_job *job)
{
    lock(reader);
    bool gone = job->gone || reader->stop;
    unlock(reader);
    return gone ? -ECANCELED : 0;
}

int reader_emit(struct reader *reader, struct reader_job *job, struct post *post)
{
    for (;;) {
        lock(reader);
        bool gone = job->gone || reader->stop;
        bool room = !job->wait && job->outstanding < OUTSTANDING_MAX;
        if (room && !gone)
            job->outstanding++;
        unlock(reader);
        if (gone) {
            post_free(post);
            return -ECANCELED;
        }
        if (room)
            break;
        thread_sleep(&reader->thread, NUDGE_US);
    }
    (void)channel_put(reader->channel, post);
    return 0;
}

int reader_progress(struct reader *reader, struct reader_job *job, const char *what, uint64_t done,
                    uint64_t total)
{
    struct post *post = post_new(POST_NEWS, job->ticket);
    post->news.kind = NEWS_PROGRESS;
    post->news.done = done;
    post->news.total = total;
    (void)snprintf(post->news.text, sizeof post->news.text, "%s", what);
    return reader_emit(reader, job, post);
}

int reader_finding(struct reader *reader, struct reader_job *job, const char *check,
                   const char *table, const char *key, bool note, const char *format, ...)
{
    struct post *post = post_new(POST_NEWS, job->ticket);
    post->news.kind = NEWS_FINDING;
    post->news.check = check;
    post->news.table = table;
    post->news.note = note;
    post->block = mem_text(key);
    post->news.key = post->block;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(post->news.text, sizeof post->news.text, format, args);
    va_end(args);
    job->findings += note ? 0 : 1;
    return reader_emit(reader, job, post);
}

struct walk {
    store_visitor *visit;
    void *context;
    bool status;
    char key[CELL_TEXT_MAX + 32]; /* of the last row: the next page begins after it */
};

static int walk_row(void *context, const struct cell *cells, unsigned count)
{
    struct walk *walk = context;
    char key[CELL_PRINT_MAX + 1];
    (void)cell_print(&cells[0], key);
    if (walk->status && cells[2].kind == CELL_TIME)
        (void)snprintf(walk->key, sizeof walk->key, "%s|%" PRId64, key, cells[2].number);
    else /* without an instant: after all steps of that application */
        (void)snprintf(walk->key, sizeof walk->key, "%s", key);
    return walk->visit(walk->context, cells, count);
}

int reader_walk(struct reader *reader, struct reader_job *job, const char *table,
                store_visitor *visit, void *context, struct fault *fault)
{
    struct walk walk = {
        .visit = visit, .context = context, .status = strcmp(table, SCHEMA_STATUS) == 0};
    size_t count = READER_PAGE;
    while (count == READER_PAGE) {
        int result = reader_alive(reader, job);
        if (result == 0)
            result = store_page(reader->session.store, table, walk.key[0] != '\0' ? walk.key : NULL,
                                READER_PAGE, walk_row, &walk, &count, fault);
        if (result < 0)
            return result;
    }
    return 0;
}

/* --- export --- */

struct export
{
    struct reader *reader;
    struct reader_job *job;
    const struct schema_table *table;
    size_t gathered;
};

static int flush_rows(struct export *export)
{
    if (export->reader->texts.count == 0)
        return 0;
    export->gathered = 0;
    return reader_emit(export->reader, export->job,
                       row_texts_post(&export->reader->texts, export->job->ticket, export->table));
}

static int export_row(void *context, const struct cell *cells, unsigned count)
{
    struct export *export = context;
    const struct cell *created = &cells[export->table->created_column];
    const struct engine_ask *ask = &export->job->ask;
    if (ask->has_since && (created->kind != CELL_TIME || created->number < ask->since.s))
        return 0;
    row_texts_add(&export->reader->texts, cells, count);
    export->job->rows++;
    return ++export->gathered < EXPORT_ROWS ? 0 : flush_rows(export);
}

static int export_tables(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    int result = 0;
    for (unsigned i = 0; i < STREAM_COUNT && result == 0; i++) {
        if (job->ask.streams != 0 && !(job->ask.streams & 1u << i))
            continue;
        struct export export = {reader, job, &schema_tables[i], 0};
        result = reader_walk(reader, job, schema_tables[i].name, export_row, &export, fault);
        if (result == 0)
            result = flush_rows(&export);
        if (result == 0 && export.gathered == 0)
            result =
                reader_emit(reader, job, row_texts_post(&reader->texts, job->ticket, export.table));
    }
    return result;
}

/* --- history --- */

/* Factors are kept in millionths; everything else as it is. */
static void print_value(const struct store_act *act, char *out, size_t size)
{
    bool factor = strcmp(act->kind, "tempo") == 0 || strcmp(act->kind, "speed") == 0;
    int length = snprintf(out, size, "%" PRId64, factor ? act->value / 1000000 : act->value);
    if (!factor || act->value % 1000000 == 0 || length < 0)
        return;
    int used = snprintf(out + length, size - (size_t)length, ".%06" PRId64, act->value % 1000000);
    for (char *last = out + length + used - 1; *last == '0'; last--)
        *last = '\0';
}

static int post_act(struct reader *reader, struct reader_job *job, const struct store_act *from)
{
    char value[32];
    struct post *post = post_new(POST_NEWS, job->ticket);
    print_value(from, value, sizeof value);
    post->block = mem_zero(1, sizeof *from + sizeof value);
    struct store_act *kept = (struct store_act *)(void *)post->block;
    char *kept_value = post->block + sizeof *from;
    *kept = *from;
    memcpy(kept_value, value, sizeof value);
    post->act = (struct engine_act){
        .wall = {from->wall_us},
        .world = from->at,
        .kind = kept->kind,
        .stream = kept->stream,
        .user = kept->user,
        .reason = kept->reason,
        .value = kept_value,
        .uid = from->uid,
        .pid = from->pid,
    };
    post->news.kind = NEWS_ACT;
    post->news.act = &post->act;
    return reader_emit(reader, job, post);
}

static int tell_history(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    struct store_description description = {0};
    int result = store_load(reader->session.store, &description, fault);
    for (size_t i = 0; i < description.act_count && result == 0; i++)
        result = post_act(reader, job, &description.acts[i]);
    store_description_done(&description);
    return result;
}

/* --- jobs --- */

static int do_verb(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    if (job->ask.verb == ENGINE_EXPORT)
        return export_tables(reader, job, fault);
    if (job->ask.verb == ENGINE_HISTORY)
        return tell_history(reader, job, fault);
    int result = session_load(&reader->session, fault);
    if (result == 0)
        result = verify_world(reader, job, fault);
    if (result == 0 && job->ask.digest)
        result = digest_tables(reader, job, fault);
    if (result == 0 && job->ask.realism)
        result = compare_tables(reader, job, fault);
    return result;
}

static int which_world(struct reader *reader, char ret_id[STORE_NAME_MAX], struct fault *fault)
{
    struct store_stream streams[STREAM_COUNT];
    size_t count = 0;
    return store_glance(reader->session.store, ret_id, streams, STREAM_COUNT, &count, fault);
}

/* A page is of one world, what consists of many may not be. */
static int do_job(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    char before[STORE_NAME_MAX], after[STORE_NAME_MAX];
    int result = session_connect(&reader->session, fault);
    if (result < 0)
        return result;
    if (reader->session.kind == STORE_FOREIGN)
        return -EPERM;
    if (reader->session.kind != STORE_WORLD)
        return fault_set(fault, -EPERM, "there is no world in this database yet");
    result = which_world(reader, before, fault);
    if (result == 0)
        result = do_verb(reader, job, fault);
    if (result == 0)
        result = which_world(reader, after, fault);
    if (result == 0 && strcmp(before, after) != 0)
        return fault_set(fault, -EPERM, "the world was replaced while it was read: ask again");
    return result;
}

static void end_job(struct reader *reader, struct reader_job *job, int result, const char *text)
{
    struct post *post = post_new(POST_END, job->ticket);
    post->end.result = result == 0            ? ENGINE_DONE
                       : result == -ECANCELED ? ENGINE_CANCELLED
                       : result == -EPERM     ? ENGINE_REFUSED
                                              : ENGINE_FAILED;
    post->end.rows = job->rows;
    post->end.findings = job->findings;
    (void)snprintf(post->end.text, sizeof post->end.text, "%s",
                   result == -ECANCELED ? "cancelled" : text);
    lock(reader);
    reader->current = NULL;
    reader->count--;
    unlock(reader);
    (void)channel_put(reader->channel, post);
    free(job);
}

static void run(void *context)
{
    struct reader *reader = context;
    for (;;) {
        lock(reader);
        struct reader_job *job = reader->stop ? NULL : reader->first;
        bool stop = reader->stop;
        if (job != NULL)
            reader->first = job->next;
        reader->current = job;
        unlock(reader);
        if (stop)
            return;
        if (job == NULL) {
            thread_sleep(&reader->thread, INT64_C(3600) * NUDGE_US);
            continue;
        }
        struct fault fault = {.text = ""};
        int result = do_job(reader, job, &fault);
        session_disconnect(&reader->session);
        /* A server that has just come back may still close what it opened: once more, if nothing
         * was told. */
        if (result == -ENOTCONN && job->rows == 0 && job->findings == 0) {
            thread_sleep(&reader->thread, NUDGE_US);
            result = do_job(reader, job, &fault);
            session_disconnect(&reader->session);
        }
        end_job(reader, job, result, fault.text);
    }
}

static void release(struct reader *reader)
{
    while (reader->first != NULL) {
        struct reader_job *next = reader->first->next;
        free(reader->first);
        reader->first = next;
    }
    session_done(&reader->session);
    row_texts_done(&reader->texts);
    plan_done(&reader->plan);
    (void)pthread_mutex_destroy(&reader->lock);
    free(reader);
}

int reader_new(const struct config *config, const struct time_source *time, struct channel *channel,
               struct reader **ret_reader, struct fault *fault)
{
    struct reader *reader = MEM_NEW(struct reader);
    reader->time = time;
    reader->channel = channel;
    plan_make(&reader->plan, config);
    session_init(&reader->session, &reader->plan);
    (void)pthread_mutex_init(&reader->lock, NULL);
    int result = thread_start(&reader->thread, run, reader, fault);
    if (result < 0) {
        release(reader);
        return result;
    }
    *ret_reader = reader;
    return 0;
}

bool reader_free(struct reader *reader)
{
    if (reader == NULL)
        return true;
    lock(reader);
    reader->stop = true;
    unlock(reader);
    thread_wake(&reader->thread);
    bool ended = thread_join(&reader->thread, STOP_GRACE_MS);
    if (!ended) {
        session_interrupt(&reader->session, true);
        ended = thread_join(&reader->thread, STOP_CUT_MS);
    }
    if (!ended) {
        thread_abandon(&reader->thread);
        return false;
    }
    release(reader);
    return true;
}

/* --- the loop's side --- */

int reader_submit(struct reader *reader, uint64_t ticket, const struct engine_ask *ask)
{
    lock(reader);
    bool full = reader->count >= JOBS_MAX;
    if (!full) {
        struct reader_job *job = MEM_NEW(struct reader_job), **link = &reader->first;
        job->ticket = ticket;
        job->ask = *ask;
        while (*link != NULL)
            link = &(*link)->next;
        *link = job;
        reader->count++;
    }
    unlock(reader);
    thread_wake(&reader->thread);
    return full ? -EAGAIN : 0;
}

/* Call with the lock held. */
static struct reader_job *job_of(struct reader *reader, uint64_t ticket)
{
    if (reader->current != NULL && reader->current->ticket == ticket)
        return reader->current;
    struct reader_job *job = reader->first;
    while (job != NULL && job->ticket != ticket)
        job = job->next;
    return job;
}

void reader_delivered(struct reader *reader, uint64_t ticket, bool wait)
{
    lock(reader);
    struct reader_job *job = job_of(reader, ticket);
    if (job != NULL) {
        job->outstanding -= job->outstanding > 0 ? 1 : 0;
        job->wait = job->wait || wait;
    }
    unlock(reader);
    thread_wake(&reader->thread);
}

void reader_more(struct reader *reader, uint64_t ticket)
{
    lock(reader);
    struct reader_job *job = job_of(reader, ticket);
    if (job != NULL)
        job->wait = false;
    unlock(reader);
    thread_wake(&reader->thread);
}

void reader_withdraw(struct reader *reader, uint64_t ticket)
{
    lock(reader);
    struct reader_job *job = job_of(reader, ticket);
    if (job != NULL)
        job->gone = true;
    unlock(reader);
    thread_wake(&reader->thread);
}
