#include "control/limits.h"

#include <errno.h>
#include <stdbool.h>

enum limits_use limits_use_of(const struct command *command)
{
    if (command == NULL || command->style == CREDD_STYLE_ONCE)
        return LIMITS_ANSWER;
    switch (command->id) {
    case CREDD_COMMAND_PAUSE:
    case CREDD_COMMAND_RESUME:
    case CREDD_COMMAND_SPEED:
    case CREDD_COMMAND_TEMPO: return LIMITS_ANSWER; /* no job, though it may have to wait */
    default: return command->style == CREDD_STYLE_STREAM ? LIMITS_STREAM : LIMITS_JOB;
    }
}

/* Has a share that nobody else can use up. */
static bool has_share(const struct peer *peer, uid_t self)
{
    return peer->uid == 0 || peer->uid == self;
}

int limits_connect(const struct limits_open *open, size_t count, uid_t self,
                   const struct peer *peer, struct fault *fault)
{
    size_t same = 0, others = 0;
    for (size_t i = 0; i < count; i++) {
        same += open[i].peer->uid == peer->uid;
        others += !has_share(open[i].peer, self) && open[i].peer->access == peer->access;
    }
    if (same >= CREDD_CONNECTIONS_UID)
        return fault_set(fault, -EUSERS,
                         "too many connections: %s has %d open, the limit for one user", peer->user,
                         CREDD_CONNECTIONS_UID);
    if (!has_share(peer, self) && others >= CREDD_CONNECTIONS_MAX)
        return fault_set(
            fault, -EUSERS,
            "too many connections: users who may %s have %d open, the limit for all of them",
            peer->access == CREDD_ACCESS_OPERATE ? "operate" : "only read", CREDD_CONNECTIONS_MAX);
    return 0;
}

int limits_begin(const struct limits_open *open, size_t count, const struct limits_open *one,
                 struct fault *fault)
{
    size_t streams = 0, waiting = 0;
    for (size_t i = 0; i < count; i++) {
        bool same = open[i].peer->uid == one->peer->uid;
        streams += same && open[i].use == LIMITS_STREAM;
        waiting += same && open[i].use != LIMITS_ANSWER;
    }
    if (one->use == LIMITS_STREAM && streams >= CREDD_STREAMS_UID)
        return fault_set(
            fault, -EUSERS,
            "too many streams: %s has %d open (watch, export, verify), the limit for one "
            "user",
            one->peer->user, CREDD_STREAMS_UID);
    if (one->use != LIMITS_ANSWER && waiting >= CREDD_WAITING_UID)
        return fault_set(fault, -EUSERS,
                         "too many jobs and streams: %s has %d open, the limit for one user",
                         one->peer->user, CREDD_WAITING_UID);
    return 0;
}
