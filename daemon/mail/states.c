#include "mail/states.h"

const char *database_state_name(enum database_state state)
{
    static const char *const names[DATABASE_STATES] = {
        [DATABASE_CONNECTING] = "connecting",
        [DATABASE_READY] = "ready",
        [DATABASE_DOWN] = "down",
        [DATABASE_REFUSED] = "refused",
        [DATABASE_FOREIGN] = "foreign",
        [DATABASE_FULL] = "full",
        [DATABASE_READ_ONLY] = "full",
    };
    return names[state];
}

const char *database_state_word(enum database_state state)
{
    return state == DATABASE_READ_ONLY ? "read-only" : database_state_name(state);
}

const char *job_kind_name(enum job_kind kind)
{
    static const char *const names[JOB_KINDS] = {
        [JOB_TICK] = "tick", [JOB_ADVANCE] = "advance", [JOB_RESET] = "reset"};
    return names[kind];
}
