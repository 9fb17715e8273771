/* Walk: what every job of the reader does: reads tables in pages, and tells what it finds to
 * whoever waits, no faster than they take it. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "audit/reader_parts.h"
#include "base/mem.h"

#define OUTSTANDING_MAX 8

void reader_lock(struct reader *reader)
{
    (void)pthread_mutex_lock(&reader->lock);
}

void reader_unlock(struct reader *reader)
{
    (void)pthread_mutex_unlock(&reader->lock);
}

struct session *reader_session(struct reader *reader)
{
    return &reader->session;
}

wall_time reader_wall(struct reader *reader)
{
    return outside_wall(reader->outside);
}

void reader_sleep(struct reader *reader, int64_t us)
{
    reader->outside->threads->sleep(reader->thread, us);
}

int reader_alive(struct reader *reader, struct reader_job *job)
{
    reader_lock(reader);
    bool gone = job->gone || reader->stop;
    reader_unlock(reader);
    return gone ? -ECANCELED : 0;
}

int reader_emit(struct reader *reader, struct reader_job *job, struct post *post)
{
    for (;;) {
        reader_lock(reader);
        bool gone = job->gone || reader->stop;
        bool room = !job->wait && job->outstanding < OUTSTANDING_MAX;
        if (room && !gone)
            job->outstanding++;
        reader_unlock(reader);
        if (gone) {
            post_free(post);
            return -ECANCELED;
        }
        if (room)
            break;
        reader_sleep(reader, NUDGE_US);
    }
    job->told = job->told || post->news.kind != NEWS_PROGRESS;
    (void)mailbox_put(reader->mailbox, post);
    return 0;
}

int reader_progress(struct reader *reader, struct reader_job *job, const char *what, uint64_t done,
                    uint64_t total)
{
    struct post *post = post_new(POST_NEWS, job->request);
    post->news.kind = NEWS_PROGRESS;
    post->news.done = done;
    post->news.total = total;
    (void)snprintf(post->news.text, sizeof post->news.text, "%s", what);
    return reader_emit(reader, job, post);
}

int reader_finding(struct reader *reader, struct reader_job *job, const char *check,
                   const char *table, const char *key, bool note, const char *format, ...)
{
    struct post *post = post_new(POST_NEWS, job->request);
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
    struct schema_keys keys;
    bool enough;
    char key[CELL_TEXT_MAX + 80]; /* of the last row: the next page begins after it */
};

static int walk_row(void *context, const struct cell *cells, unsigned count)
{
    struct walk *walk = context;
    const struct cell *at = walk->keys.count > 1 ? &cells[walk->keys.places[1]] : NULL;
    char key[CELL_PRINT_MAX + 1], column[CELL_PRINT_MAX + 1] = "";
    (void)cell_print(&cells[walk->keys.places[0]], key);
    if (walk->keys.count > 2)
        (void)cell_print(&cells[walk->keys.places[2]], column);
    if (at != NULL && at->kind == CELL_TIME)
        (void)snprintf(walk->key, sizeof walk->key, "%s|%" PRId64 "%s%.40s", key, at->number,
                       walk->keys.count > 2 ? "|" : "", column);
    else /* without an instant: after all rows of that key */
        (void)snprintf(walk->key, sizeof walk->key, "%s", key);
    int said = walk->visit(walk->context, cells, count);
    walk->enough = said != 0;
    return said;
}

int reader_walk_after(struct reader *reader, struct reader_job *job, const char *table,
                      const char *after, store_visitor *visit, void *context, struct fault *fault)
{
    struct walk walk = {
        .visit = visit, .context = context, .keys = schema_keys(schema_readable(table))};
    size_t count = READER_PAGE;
    char last[sizeof walk.key] = "";
    (void)snprintf(walk.key, sizeof walk.key, "%s", after);
    while (count == READER_PAGE && !walk.enough) {
        int result = reader_alive(reader, job);
        /* Keys are known by their first CELL_TEXT_MAX bytes, up to a NUL. */
        if (walk.key[0] != '\0' && strcmp(walk.key, last) == 0)
            return fault_set(fault, -EPROTO,
                             "%s has more than %d rows whose keys cannot be told apart, after "
                             "'%.40s'",
                             table, READER_PAGE, last);
        memcpy(last, walk.key, sizeof last);
        job->pages++;
        if (result == 0)
            result = store_page(reader->session.store, table, walk.key[0] != '\0' ? walk.key : NULL,
                                READER_PAGE, walk_row, &walk, &count, fault);
        if (result < 0)
            return result;
    }
    return 0;
}

int reader_walk(struct reader *reader, struct reader_job *job, const char *table,
                store_visitor *visit, void *context, struct fault *fault)
{
    return reader_walk_after(reader, job, table, "", visit, context, fault);
}
