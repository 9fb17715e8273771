/* reader.h - the reader thread: verify, digest, export, history and charts over a connection of its
 * own. */
#ifndef CREDD_AUDIT_READER_H
#define CREDD_AUDIT_READER_H

#include "mail/mailbox.h"
#include "mail/outside.h"
#include "state/next_world.h"

/* What the reader can do for somebody. */
enum audit_kind { AUDIT_VERIFY, AUDIT_EXPORT, AUDIT_HISTORY, AUDIT_CHARTS };

struct audit_task {
    enum audit_kind kind;
    unsigned
        streams; /* EXPORT: a bit 1u << enum stream_id each, SCHEMA_STATUS_BIT, …; 0: the five */
    bool digest, realism; /* VERIFY */
    bool has_since;       /* EXPORT */
    world_time since;
};

struct reader;

/* Copies `database`; borrows the others. */
int reader_new(const struct database *database, const struct outside *outside,
               struct mailbox *mailbox, struct reader **ret_reader, struct fault *fault);
/* Copies how rows are written: what is asked for next knows it. */
void reader_update(struct reader *reader, const struct row_rules *rules);
/* False if the thread had to be abandoned. */
bool reader_free(struct reader *reader);

/* Takes a copy of the task and, for VERIFY, of why streams stand ("" or the obstacle of each).
 * -EAGAIN: too many wait already. */
int reader_submit(struct reader *reader, uint64_t request, const struct audit_task *task,
                  const char (*obstacles)[FAULT_TEXT_MAX]);
/* The loop has handed on one post of the request; `wait`: no more for now. */
void reader_delivered(struct reader *reader, uint64_t request, bool wait);
void reader_more(struct reader *reader, uint64_t request);
/* Nobody wants the rest. */
void reader_withdraw(struct reader *reader, uint64_t request);

#endif
