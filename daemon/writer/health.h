/* health.h - the one health of the database: how what happens to it changes what can be done, what
 * people are told, and when it is tried again. A pure function. */
#ifndef CREDD_WRITER_HEALTH_H
#define CREDD_WRITER_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "clock/instant.h"
#include "mail/states.h"

#define HEALTH_BACKOFF_LEAST_US INT64_C(200000)
#define HEALTH_BACKOFF_MOST_US  INT64_C(5000000)
/* After this long without a failure it has passed: longer than any wait between two tries. */
#define HEALTH_CALM_US INT64_C(12000000)

enum health_event {
    HEALTH_OPENED,  /* connected, and it is credd's; the text describes it */
    HEALTH_WROTE,   /* rows were committed */
    HEALTH_RENEWED, /* a new world is in place: so is one whose tables had been spoilt */
    HEALTH_QUIET,   /* all that was due went well */
    HEALTH_FAILED,  /* a call failed with `code`; the connection is given up */
    HEALTH_WAITS,   /* another daemon is busy with it: tried again soon, which is no failure */
};

struct health {
    enum database_state state; /* what can be done */
    enum database_state shown; /* what people and the journal are told: one that failed is not ready
                                  before something went well in it */
    char detail[FAULT_TEXT_MAX + 128]; /* of `shown` */
    char ready[FAULT_TEXT_MAX];        /* what it is while it is ready */
    bool open;                         /* connected to a database of credd's */
    bool mending;                      /* open again, and nothing was written since it failed */
    bool broken;                       /* the work failed while there was a connection */
    bool damaged;                      /* what describes the world is: only a person can mend it */
    bool clock_told;                   /* the last failure was the wall clock's, and was told */
    int64_t backoff_us;
    mono_time failed_at, retry_at;
};

struct health health_start(void);
/* True if `shown` is news for the journal. */
bool health_step(struct health *health, enum health_event event, int code, const char *text,
                 mono_time now);

/* What state a failed call means. */
enum database_state health_state_of(int code);
/* Whether a failure is the connection's, not the database's. */
bool health_is_loss(int code);

#endif
