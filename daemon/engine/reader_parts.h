/* reader_parts.h - inside the reader: what its jobs (verify.c, reader.c) share. */
#ifndef CREDD_ENGINE_READER_PARTS_H
#define CREDD_ENGINE_READER_PARTS_H

#include "engine/reader.h"
#include "engine/session.h"

struct reader_job {
    struct reader_job *next;
    uint64_t ticket;
    struct engine_ask ask;
    unsigned outstanding; /* posts that the loop has not handed on yet */
    bool wait, gone;
    uint64_t rows, findings;
};

/* Posts news of the job, waiting until the loop keeps up. -ECANCELED: nobody wants it any more.
 * Takes the post. */
int reader_emit(struct reader *reader, struct reader_job *job, struct post *post);
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

/* Compares with the reference figures; posts a NEWS_FIGURE for each. */
int compare_tables(struct reader *reader, struct reader_job *job, struct fault *fault);

/* The findings of one check are told up to this many, then counted. */
#define FINDINGS_TOLD_MAX 20
int reader_finding(struct reader *reader, struct reader_job *job, const char *check,
                   const char *table, const char *key, bool note, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/* All rows of a table in key order, in pages; a copy of the key is kept between pages. */
#define READER_PAGE 2000
int reader_walk(struct reader *reader, struct reader_job *job, const char *table,
                store_visitor *visit, void *context, struct fault *fault);

#endif
