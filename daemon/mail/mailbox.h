/* mailbox.h - what the threads hand back to the loop: posts in order, and a descriptor that becomes
 * readable. */
#ifndef CREDD_MAIL_MAILBOX_H
#define CREDD_MAIL_MAILBOX_H

#include <pthread.h>

#include "base/change.h"
#include "base/fault.h"
#include "mail/news.h"
#include "store/schema.h"

enum post_kind { POST_NEWS, POST_END, POST_SNAPSHOT };

/* One message; owns what it points to. */
struct post {
    struct post *next;
    enum post_kind kind;
    uint64_t request; /* id of the request that it is for; 0: every watcher of `streams` */
    unsigned streams;
    uint64_t lost; /* NEWS for watchers: so many rows of `streams` were dropped, and nothing else */
    struct news news;
    struct request_end end;
    uint64_t act;  /* END: number of the act that is dealt with; 0: none */
    bool recorded; /* END of an act: it changed something, and is in the history */
    char **texts;  /* the rows' texts: pointers into `block` */
    char *block;
    const char *names[CHANGE_CELLS_MAX];
    struct news_act news_act;
    struct news_figure figure;
};

#define MAILBOX_POSTS_MAX 1024

struct mailbox {
    pthread_mutex_t lock;
    struct post *first, *last;
    size_t count;
    uint64_t lost[SCHEMA_TABLES]; /* rows for watchers that were dropped, of each stream */
    bool snapshot;                /* a POST_SNAPSHOT is waiting already */
    int wake;                     /* eventfd */
};

/* Negative errno with a fault. */
int mailbox_init(struct mailbox *mailbox, struct fault *fault);
void mailbox_done(struct mailbox *mailbox);

struct post *post_new(enum post_kind kind, uint64_t request);
void post_free(struct post *post);
/* Takes ownership of the post. If the loop is too slow, rows for watchers are dropped and counted
 * (false); nothing else ever is. */
bool mailbox_put(struct mailbox *mailbox, struct post *post);
/* Posts that the snapshot of the writer changed; several posts become one. */
void mailbox_put_snapshot(struct mailbox *mailbox);
/* All that waits, as a list that the caller owns; clears the descriptor. */
struct post *mailbox_take(struct mailbox *mailbox);

/* Rows gathered as texts for a NEWS_ROWS post. */
struct row_texts {
    char *block;
    size_t used, room;
    size_t *offsets; /* SIZE_MAX: NULL */
    size_t count, offsets_room;
};
void row_texts_add(struct row_texts *texts, const struct cell *cells, unsigned count);
/* A post of the rows gathered, of a table of the schema; empties `texts`. */
struct post *row_texts_post(struct row_texts *texts, uint64_t request,
                            const struct schema_table *table);
void row_texts_clear(struct row_texts *texts);
void row_texts_done(struct row_texts *texts);

#endif
