/* reader_parts.h - inside the reader: its state, and what its jobs share (walk.c). */
#ifndef CREDD_AUDIT_READER_PARTS_H
#define CREDD_AUDIT_READER_PARTS_H

#include <pthread.h>

#include "audit/reader.h"
#include "mail/thread.h"
#include "state/session.h"

struct reader_job {
    struct reader_job *next;
    uint64_t request;
    struct audit_task task;
    char obstacles[STREAM_COUNT][FAULT_TEXT_MAX];
    struct row_rules rules;
    unsigned outstanding; /* posts that the loop has not handed on yet */
    bool wait, gone;
    bool told; /* something, and what it is cannot be told again */
    uint64_t rows, findings;
    uint64_t pages; /* read, or being read */
};

#define NUDGE_US 1000000 /* the longest sleep of one who waits for the loop */

struct reader {
    const struct outside *outside;
    struct mailbox *mailbox;
    struct thread *thread;
    struct database database;
    struct session session;
    struct row_texts texts;
    pthread_mutex_t lock;
    struct reader_job *first, *current;
    unsigned count;
    bool stop;
    struct row_rules rules;
};

void reader_lock(struct reader *reader);
void reader_unlock(struct reader *reader);
/* Posts news of the job, waiting until the loop keeps up. -ECANCELED: nobody wants it any more.
 * Takes the post. */
int reader_emit(struct reader *reader, struct reader_job *job, struct post *post);
/* Waits until woken, or so long. */
void reader_sleep(struct reader *reader, int64_t us);
/* -ECANCELED as above, for long stretches without news. */
int reader_alive(struct reader *reader, struct reader_job *job);
int reader_progress(struct reader *reader, struct reader_job *job, const char *what, uint64_t done,
                    uint64_t total);
struct session *reader_session(struct reader *reader);
wall_time reader_wall(struct reader *reader);

/* Hashes each table's rows that credd wrote and posts NEWS_DIGEST for each table and for "all". */
int digest_tables(struct reader *reader, struct reader_job *job, struct fault *fault);
/* Audits everything; posts a NEWS_FINDING for each violation, counts them in job->findings. */
int verify_world(struct reader *reader, struct reader_job *job, struct fault *fault);

/* Posts the rows of the tables asked for. */
int export_tables(struct reader *reader, struct reader_job *job, struct fault *fault);
/* Posts a NEWS_ACT for each act that is kept. */
int tell_history(struct reader *reader, struct reader_job *job, struct fault *fault);
/* Compares with the reference figures; posts a NEWS_FIGURE for each. */
int compare_tables(struct reader *reader, struct reader_job *job, struct fault *fault);

/* Posts NEWS_CHARTS, once. */
int gather_charts(struct reader *reader, struct reader_job *job, struct fault *fault);

/* The findings of one check are told up to this many, then counted. */
#define FINDINGS_TOLD_MAX 20
int reader_finding(struct reader *reader, struct reader_job *job, const char *check,
                   const char *table, const char *key, bool note, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/* All rows of a table in key order, in pages; a copy of the key is kept between pages. */
#define READER_PAGE 2000
int reader_walk(struct reader *reader, struct reader_job *job, const char *table,
                store_visitor *visit, void *context, struct fault *fault);
/* The rows after a key, until the visitor has enough: what it returns ends the walk. */
int reader_walk_after(struct reader *reader, struct reader_job *job, const char *table,
                      const char *after, store_visitor *visit, void *context, struct fault *fault);

#endif
