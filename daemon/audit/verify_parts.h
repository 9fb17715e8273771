/* verify_parts.h - inside verify: the audit under way, for the files that do its parts. */
#ifndef CREDD_AUDIT_VERIFY_PARTS_H
#define CREDD_AUDIT_VERIFY_PARTS_H

#include "audit/key_index.h"
#include "audit/model_updates.h"
#include "audit/reader_parts.h"

#define VERIFY_CHECKS_MAX 32

struct audit {
    struct reader *reader;
    struct reader_job *job;
    struct fault *fault;
    struct session *session;
    char world_id[STORE_NAME_MAX];
    world_time now, latest;         /* world time; the later of that and wall time */
    uint64_t timed;                 /* job->pages when these were read */
    world_time until[STREAM_COUNT]; /* watermarks when a table's pass began: what is written later
                                       is judged by what it says of itself alone */
    unsigned unread;                /* tables that cannot be read as they are defined */
    struct key_index customers, applications, statuses;
    struct model_updates updates; /* of customers, up to `until`, */
    struct model_updates later;   /* and what was written while they were read, up to: */
    world_time later_to;
    struct {
        const char *check;
        uint64_t count;
    } told[VERIFY_CHECKS_MAX];
};

/* The failure that ends an audit of a world that is not the current one any more. */
int verify_replaced(struct audit *audit);
/* The first findings of a check are told, the others counted. */
int verify_find(struct audit *audit, const char *check, const char *table, const char *key,
                bool note, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* The world goes on while it is read: before a row counts as one of the future, ask again what
 * time it is, once for all rows of a page. */
int verify_read_time(struct audit *audit);

/* One of the five, beside the rows that the model says it holds (verify_rows.c). */
int verify_table(struct audit *audit, enum stream_id stream);
/* What became of the applications (verify_steps.c). */
int verify_steps(struct audit *audit);
/* Every move that is due must have been dealt with: a status still where it was, behind the
 * model's, is one that credd lost, unless it was skipped because of what others did. */
int verify_moves(struct audit *audit);
/* What became of the customers (verify_changes.c). */
int verify_changes(struct audit *audit);

#endif
