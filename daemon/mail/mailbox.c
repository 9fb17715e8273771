#include "mail/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cell.h"
#include "base/mem.h"

int mailbox_init(struct mailbox *mailbox, struct fault *fault)
{
    *mailbox = (struct mailbox){.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (mailbox->wake < 0)
        return fault_set(fault, -errno, "eventfd: %s", strerror(errno));
    (void)pthread_mutex_init(&mailbox->lock, NULL);
    return 0;
}

void mailbox_done(struct mailbox *mailbox)
{
    struct post *post = mailbox_take(mailbox);
    while (post != NULL) {
        struct post *next = post->next;
        post_free(post);
        post = next;
    }
    (void)close(mailbox->wake);
    (void)pthread_mutex_destroy(&mailbox->lock);
}

struct post *post_new(enum post_kind kind, uint64_t request)
{
    struct post *post = MEM_NEW(struct post);
    post->kind = kind;
    post->request = request;
    return post;
}

void post_free(struct post *post)
{
    if (post == NULL)
        return;
    free(post->texts);
    free(post->block);
    free(post);
}

static void wake(struct mailbox *mailbox)
{
    uint64_t one = 1;
    ssize_t written = write(mailbox->wake, &one, sizeof one);
    (void)written; /* a full counter is readable already */
}

bool mailbox_put(struct mailbox *mailbox, struct post *post)
{
    (void)pthread_mutex_lock(&mailbox->lock);
    bool kept = post->kind != POST_NEWS || post->request != 0 || mailbox->count < MAILBOX_POSTS_MAX;
    if (kept) {
        if (mailbox->last != NULL)
            mailbox->last->next = post;
        else
            mailbox->first = post;
        mailbox->last = post;
        mailbox->count++;
    } else {
        assert(post->streams != 0);
        mailbox->lost[__builtin_ctz(post->streams)] += post->news.rows;
    }
    (void)pthread_mutex_unlock(&mailbox->lock);
    if (kept)
        wake(mailbox);
    else
        post_free(post);
    return kept;
}

void mailbox_put_snapshot(struct mailbox *mailbox)
{
    (void)pthread_mutex_lock(&mailbox->lock);
    bool waiting = mailbox->snapshot;
    mailbox->snapshot = true;
    (void)pthread_mutex_unlock(&mailbox->lock);
    if (!waiting)
        wake(mailbox);
}

/* Puts what was dropped before what was kept. */
static struct post *lost_rows(struct mailbox *mailbox, struct post *first)
{
    for (unsigned i = 0; i < SCHEMA_TABLES; i++) {
        if (mailbox->lost[i] == 0)
            continue;
        struct post *post = post_new(POST_NEWS, 0);
        post->streams = 1u << i;
        post->lost = mailbox->lost[i];
        post->next = first;
        first = post;
        mailbox->lost[i] = 0;
    }
    return first;
}

struct post *mailbox_take(struct mailbox *mailbox)
{
    uint64_t count;
    ssize_t got = read(mailbox->wake, &count, sizeof count);
    (void)got; /* nothing to read is no news */
    (void)pthread_mutex_lock(&mailbox->lock);
    struct post *first = lost_rows(mailbox, mailbox->first);
    if (mailbox->snapshot) {
        struct post *snapshot = post_new(POST_SNAPSHOT, 0);
        snapshot->next = first;
        first = snapshot;
    }
    mailbox->first = mailbox->last = NULL;
    mailbox->count = 0;
    mailbox->snapshot = false;
    (void)pthread_mutex_unlock(&mailbox->lock);
    return first;
}

void row_texts_add(struct row_texts *texts, const struct cell *cells, unsigned count)
{
    if (texts->count + count > texts->offsets_room) {
        texts->offsets_room = (texts->count + count) * 2;
        texts->offsets = mem_grow(texts->offsets, texts->offsets_room, sizeof *texts->offsets);
    }
    for (unsigned i = 0; i < count; i++) {
        if (texts->used + CELL_PRINT_MAX + 1 > texts->room) {
            texts->room = texts->room > 0 ? texts->room * 2 : 16384;
            texts->block = mem_grow(texts->block, texts->room, 1);
        }
        texts->offsets[texts->count++] = cells[i].kind == CELL_NULL ? SIZE_MAX : texts->used;
        texts->used += cell_print(&cells[i], texts->block + texts->used) + 1;
    }
}

struct post *row_texts_post(struct row_texts *texts, uint64_t request,
                            const struct schema_table *table)
{
    struct post *post = post_new(POST_NEWS, request);
    const unsigned columns = table->count;
    assert(columns > 0 && columns <= CHANGE_CELLS_MAX);
    post->block = texts->block;
    post->texts = mem_zero(texts->count, sizeof *post->texts);
    for (size_t i = 0; i < texts->count; i++)
        post->texts[i] = texts->offsets[i] == SIZE_MAX ? NULL : texts->block + texts->offsets[i];
    for (unsigned i = 0; i < columns; i++)
        post->names[i] = table->columns[i].name;
    post->news.kind = NEWS_ROWS;
    post->news.table = table->name;
    post->news.names = post->names;
    post->news.columns = columns;
    post->news.rows = texts->count / columns;
    post->news.texts = (const char *const *)post->texts;
    texts->block = NULL;
    texts->used = texts->room = texts->count = 0;
    return post;
}

void row_texts_clear(struct row_texts *texts)
{
    texts->count = texts->used = 0;
}

void row_texts_done(struct row_texts *texts)
{
    free(texts->block);
    free(texts->offsets);
    *texts = (struct row_texts){0};
}
