/* link.h - the connection to the daemon: NUL-framed JSON, one deadline for all of it, and Ctrl-C as
 * an event. */
#ifndef CREDCTL_LINK_H
#define CREDCTL_LINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum link_result {
    LINK_GOOD,
    LINK_CLOSED,      /* the daemon is gone, or ended the connection */
    LINK_GARBLED,     /* what came is no reply */
    LINK_LATE,        /* the deadline passed */
    LINK_INTERRUPTED, /* SIGINT or SIGTERM */
    LINK_UNREAD,      /* whoever read the output has gone */
};

struct link {
    int fd;
    int signals;      /* a signalfd; -1: signals do what they do by default */
    int output;       /* a descriptor whose reader may go away; -1: none */
    int64_t deadline; /* system_ms(); 0: none */
    char *bytes;
    size_t length, room;
    size_t searched; /* bytes that hold no NUL */
    bool heard;      /* something came */
};

/* Connects; negative errno, -ETIMEDOUT after the deadline. */
int link_open(const char *path, int64_t deadline, struct link *ret_link);
/* From now on SIGINT and SIGTERM end link_receive() instead of the program. */
void link_catch_signals(struct link *link);
void link_close(struct link *link);

enum link_result link_send(struct link *link, const json_t *request);
/* Waits while nothing is asked: LINK_LATE when the time is over. */
enum link_result link_rest(const struct link *link, int ms);
enum link_result link_receive(struct link *link, json_t **ret_reply);

#endif
