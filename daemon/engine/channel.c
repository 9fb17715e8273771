#include "engine/channel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cell.h"
#include "base/mem.h"

int channel_init(struct channel *channel, struct fault *fault)
{
    *channel = (struct channel){.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (channel->wake < 0)
        return fault_set(fault, -errno, "eventfd: %s", strerror(errno));
    (void)pthread_mutex_init(&channel->lock, NULL);
    return 0;
}

void channel_done(struct channel *channel)
{
    struct post *post = channel_take(channel);
    while (post != NULL) {
        struct post *next = post->next;
        post_free(post);
        post = next;
    }
    (void)close(channel->wake);
    (void)pthread_mutex_destroy(&channel->lock);
}

struct post *post_new(enum post_kind kind, uint64_t ticket)
{
    struct post *post = MEM_NEW(struct post);
    post->kind = kind;
    post->ticket = ticket;
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

static void wake(struct channel *channel)
{
    uint64_t one = 1;
    ssize_t written = write(channel->wake, &one, sizeof one);
    (void)written; /* a full counter is readable already */
}

bool channel_put(struct channel *channel, struct post *post)
{
    (void)pthread_mutex_lock(&channel->lock);
    bool kept = post->kind != POST_NEWS || post->ticket != 0 || channel->count < CHANNEL_POSTS_MAX;
    if (kept) {
        if (channel->last != NULL)
            channel->last->next = post;
        else
            channel->first = post;
        channel->last = post;
        channel->count++;
    }
    (void)pthread_mutex_unlock(&channel->lock);
    if (kept)
        wake(channel);
    else
        post_free(post);
    return kept;
}

void channel_put_view(struct channel *channel)
{
    (void)pthread_mutex_lock(&channel->lock);
    bool waiting = channel->view;
    channel->view = true;
    (void)pthread_mutex_unlock(&channel->lock);
    if (!waiting)
        wake(channel);
}

struct post *channel_take(struct channel *channel)
{
    uint64_t count;
    ssize_t got = read(channel->wake, &count, sizeof count);
    (void)got; /* nothing to read is no news */
    (void)pthread_mutex_lock(&channel->lock);
    struct post *first = channel->first;
    if (channel->view) {
        struct post *view = post_new(POST_VIEW, 0);
        view->next = first;
        first = view;
    }
    channel->first = channel->last = NULL;
    channel->count = 0;
    channel->view = false;
    (void)pthread_mutex_unlock(&channel->lock);
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

struct post *row_texts_post(struct row_texts *texts, uint64_t ticket,
                            const struct schema_table *table)
{
    struct post *post = post_new(POST_NEWS, ticket);
    const struct schema_table *shown = table != NULL ? table : &schema_status;
    unsigned columns = table != NULL ? table->count : MOVE_COLUMNS;
    assert(columns > 0 && columns <= CHANGE_CELLS_MAX);
    post->block = texts->block;
    post->texts = mem_zero(texts->count, sizeof *post->texts);
    for (size_t i = 0; i < texts->count; i++)
        post->texts[i] = texts->offsets[i] == SIZE_MAX ? NULL : texts->block + texts->offsets[i];
    for (unsigned i = 0; i < columns; i++)
        post->names[i] = shown->columns[i].name;
    post->news.kind = NEWS_ROWS;
    post->news.table = shown->name;
    post->news.names = post->names;
    post->news.columns = columns;
    post->news.rows = texts->count / columns;
    post->news.texts = (const char *const *)post->texts;
    texts->block = NULL;
    texts->used = texts->room = texts->count = 0;
    return post;
}

void row_texts_done(struct row_texts *texts)
{
    free(texts->block);
    free(texts->offsets);
    *texts = (struct row_texts){0};
}
