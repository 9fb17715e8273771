/* states.h - in which state the database is and what the writer does, with the names for both. */
#ifndef CREDD_MAIL_STATES_H
#define CREDD_MAIL_STATES_H

enum database_state {
    DATABASE_CONNECTING, /* no answer yet since the start or since the last loss */
    DATABASE_READY,      /* connected, marked, a world is there or being built */
    DATABASE_DOWN,       /* lost or unreachable: tried again on its own */
    DATABASE_REFUSED,    /* user, password, rights or database missing: tried again, slowly */
    DATABASE_FOREIGN,    /* one of the five tables without the marker: nothing is touched */
    DATABASE_FULL,       /* disk full, or below database.min_free: tried again, slowly */
    DATABASE_READ_ONLY,  /* file system or server: to programs, "full" */
    DATABASE_STATES,
};
const char *database_state_name(enum database_state state); /* for programs */
const char *database_state_word(enum database_state state); /* for people */

enum job_kind { JOB_TICK, JOB_ADVANCE, JOB_RESET, JOB_KINDS };
const char *job_kind_name(enum job_kind kind);

#endif
