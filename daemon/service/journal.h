/* journal.h - messages to the journal (structured) or to standard error (with level prefixes);
 * never blocks. */
#ifndef CREDD_SERVICE_JOURNAL_H
#define CREDD_SERVICE_JOURNAL_H

#include <stdint.h>

#include "credd/messages.h"

struct journal;

/* Chooses the journal if $JOURNAL_STREAM names standard error, else standard error.
 * A thread of its own writes; what it cannot keep up with is dropped and counted. */
struct journal *journal_new(void);
/* Writes what is queued (waits up to a second for it), then releases. */
void journal_free(struct journal *journal);
/* The same without the release: for the end of a process in which a thread was left behind that may
 * still have something to say. It is heard no more. */
void journal_leave(struct journal *journal);

/* A message takes so many fields; more are left out. */
#define JOURNAL_FIELDS_MAX 32
/* A field of a message; value borrowed during the call. */
struct journal_field {
    const char *name;  /* "CREDD_STREAM" */
    const char *value; /* NULL: the field is left out */
};
/* From any thread. `id` gives the MESSAGE_ID and the priority (include/credd/messages.h). One line
 * of text; control characters in it become spaces. `fields` ends with a NULL name; may be NULL. */
void journal_say(struct journal *journal, enum message_id id, const struct journal_field *fields,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Messages lost so far because the journal stalled. */
uint64_t journal_dropped(const struct journal *journal);

#endif
