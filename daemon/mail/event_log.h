/* event_log.h - messages to the journal with their fields (CREDD_…), made from typed values in one
 * place. */
#ifndef CREDD_MAIL_EVENT_LOG_H
#define CREDD_MAIL_EVENT_LOG_H

#include "mail/states.h"
#include "service/journal.h"
#include "state/act.h"

/* What a message is about; what is not set gives no field. All of it borrowed during the call. */
struct event_about {
    unsigned streams; /* CREDD_STREAM, once for each bit */
    bool has_rows, has_time;
    int64_t rows;             /* CREDD_ROWS */
    const int64_t *rows_of;   /* CREDD_ROWS_CUSTOMERS and so on, STREAM_COUNT of them */
    world_time at;            /* CREDD_WORLD_TIME */
    const char *job;          /* CREDD_JOB */
    const struct actor *peer; /* CREDD_PEER_UID, _PID, _USER; the daemon itself has none */
    const char *reason;       /* CREDD_REASON */
    const char *world_id;     /* CREDD_WORLD */
    const char *method;       /* CREDD_METHOD */
};

void event_log(struct journal *journal, enum message_id id, const struct event_about *about,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "ann (uid 1000, pid 77)", or the name alone if it is not a peer. Returns `out`. */
#define EVENT_LOG_WHO_MAX 96
char *event_log_who(const struct actor *peer, char out[EVENT_LOG_WHO_MAX]);

/* The one line of an act that changed something: what, when, who and why. `at` is the world time
 * after it, NULL while there is no world. Acts without a message of their own are passed over. */
void event_log_act(struct journal *journal, const struct act *act, const world_time *at);

#endif
