/* channel.h - what the threads hand back to the loop: posts in order, and a descriptor that becomes
 * readable. */
#ifndef CREDD_ENGINE_CHANNEL_H
#define CREDD_ENGINE_CHANNEL_H

#include <pthread.h>

#include "base/change.h"
#include "engine/engine.h"
#include "engine/realism.h"
#include "store/schema.h"
#include "store/store.h"

enum post_kind { POST_NEWS, POST_END, POST_VIEW };

/* One message; owns what it points to. */
struct post {
    struct post *next;
    enum post_kind kind;
    uint64_t ticket; /* 0: for every watcher of `streams` */
    unsigned streams;
    struct engine_news news;
    struct engine_end end;
    char operation[STORE_NAME_MAX]; /* END: id of the operation that is dealt with, or "" */
    char **texts;                   /* the rows' texts: pointers into `block` */
    char *block;
    const char *names[CHANGE_CELLS_MAX];
    struct engine_act act;
    struct realism_figure figure;
};

#define CHANNEL_POSTS_MAX 1024

struct channel {
    pthread_mutex_t lock;
    struct post *first, *last;
    size_t count;
    bool view; /* a POST_VIEW is waiting already */
    int wake;  /* eventfd */
};

/* Negative errno with a fault. */
int channel_init(struct channel *channel, struct fault *fault);
void channel_done(struct channel *channel);

struct post *post_new(enum post_kind kind, uint64_t ticket);
void post_free(struct post *post);
/* Takes the post. A watcher's rows are dropped (false) when the loop does not keep up; nothing else
 * ever is. */
bool channel_put(struct channel *channel, struct post *post);
/* Says that the writer's view changed; many become one. */
void channel_put_view(struct channel *channel);
/* All that waits, as a list that the caller owns; clears the descriptor. */
struct post *channel_take(struct channel *channel);

/* Rows gathered as texts for a NEWS_ROWS post. */
struct row_texts {
    char *block;
    size_t used, room;
    size_t *offsets; /* SIZE_MAX: NULL */
    size_t count, offsets_room;
};
void row_texts_add(struct row_texts *texts, const struct cell *cells, unsigned count);
/* A post of the rows gathered, of a table of the schema or (NULL) of moves, as the first
 * MOVE_COLUMNS of credd_status; empties `texts`. */
#define MOVE_COLUMNS 3
struct post *row_texts_post(struct row_texts *texts, uint64_t ticket,
                            const struct schema_table *table);
void row_texts_done(struct row_texts *texts);

#endif
