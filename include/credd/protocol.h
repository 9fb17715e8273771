/* protocol.h - limits, access levels, errors and exit codes that daemon and client agree on. */
#ifndef CREDD_PROTOCOL_H
#define CREDD_PROTOCOL_H

#define CREDD_INTERFACE     "io.credd.Control"
#define CREDD_VARLINK       "org.varlink.service"
#define CREDD_SOCKET_SYSTEM "/run/credd/control"

#define CREDD_REQUEST_MAX     65536   /* bytes of one request without its NUL */
#define CREDD_REPLY_MAX       1048576 /* bytes of one reply */
#define CREDD_QUEUE_MAX       4194304 /* bytes of queued output of a connection before it is dropped */
#define CREDD_QUEUE_HIGH      1048576 /* above this a stream's producer waits */
#define CREDD_CONNECTIONS_UID 16      /* of one user */
#define CREDD_STREAMS_UID     12      /* of these, with a stream */
#define CREDD_WAITING_UID     14      /* of these, with a stream or a job */
#define CREDD_CONNECTIONS_MAX 64      /* of all who only read; of all operators of the group */
#define CREDD_IDLE_S          600     /* a connection that asks nothing for so long is closed */
#define CREDD_JSON_DEPTH      16      /* levels of a request */

/* What a peer may do: decided once, at accept, from its credentials. */
enum credd_access {
    CREDD_ACCESS_NONE = 0, /* the default of everything that does not say otherwise */
    CREDD_ACCESS_READ,     /* whom the socket lets in */
    CREDD_ACCESS_OPERATE,  /* root, the daemon's user, members of control.group */
};

/* Errors of the interface: varlink name, credctl's exit status, what it means. */
#define CREDD_ERRORS(X)                                                                 \
    X(REFUSED, "Refused", 1, "not possible in the current state; the message says why") \
    X(FAILED, "Failed", 1, "tried, and failed")                                         \
    X(CANCELLED, "Cancelled", 1, "the job was cancelled")                               \
    X(DENIED, "Denied", 4, "the peer may only read")                                    \
    X(LIMIT, "LimitReached", 1, "too many connections or requests of this user")

enum credd_error {
#define X(id, name, status, text) CREDD_ERROR_##id,
    CREDD_ERRORS(X)
#undef X
        CREDD_ERROR_COUNT
};

enum credd_exit {
    CREDD_EXIT_DONE = 0,
    CREDD_EXIT_FAILED = 1, /* refused or failed; verify: findings */
    CREDD_EXIT_USAGE = 2,
    CREDD_EXIT_NO_DAEMON = 3,
    CREDD_EXIT_DENIED = 4,
    CREDD_EXIT_TIMEOUT = 5,
};

#endif
