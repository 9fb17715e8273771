/* tell.h - messages to the journal with their fields (CREDD_…), made from typed values in one
 * place. */
#ifndef CREDD_ENGINE_TELL_H
#define CREDD_ENGINE_TELL_H

#include "engine/operation.h"
#include "service/journal.h"

/* What a message is about; what is not set gives no field. All of it borrowed during the call. */
struct tell {
    unsigned streams; /* CREDD_STREAM, once for each bit */
    bool has_rows, has_time;
    int64_t rows;                   /* CREDD_ROWS */
    const int64_t *rows_of;         /* CREDD_ROWS_CUSTOMERS and so on, STREAM_COUNT of them */
    world_time at;                  /* CREDD_WORLD_TIME */
    const char *job;                /* CREDD_JOB */
    const struct engine_peer *peer; /* CREDD_PEER_UID, _PID, _USER; the daemon itself has none */
    const char *reason;             /* CREDD_REASON */
    const char *world_id;           /* CREDD_WORLD */
    const char *method;             /* CREDD_METHOD */
};

void tell(struct journal *journal, enum message_id id, const struct tell *about, const char *format,
          ...) __attribute__((format(printf, 4, 5)));

/* "ann (uid 1000, pid 77)", or the bare name of who is no peer. Returns `out`. */
#define TELL_WHO_MAX 96
char *tell_who(const struct engine_peer *peer, char out[TELL_WHO_MAX]);

/* The one line of an operation that changed something: what, when, who and why. `at` is the world
 * time after it, NULL while there is no world. */
void tell_operation(struct journal *journal, const struct operation *operation,
                    const world_time *at);

#endif
