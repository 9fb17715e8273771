/* daemon.h - the root object: owns the configuration, the loop and every room; start-up and
 * teardown in one place. */
#ifndef CREDD_DAEMON_H
#define CREDD_DAEMON_H

#include "config/config.h"

struct daemon;

/* sysexits(3) numbers, so that the service manager can tell a bad configuration from a fault. */
enum daemon_exit {
    DAEMON_EXIT_OK = 0,
    DAEMON_EXIT_FAILED = 1,
    DAEMON_EXIT_USAGE = 2,
    DAEMON_EXIT_CONFIG = 78
};

/* Takes `config`. `source` is read again at a reload. Both tell the journal why they fail. */
int daemon_new(const struct config_source *source, struct config *config,
               struct daemon **ret_daemon);
/* Serves until SIGTERM or SIGINT. */
int daemon_run(struct daemon *daemon);
void daemon_free(struct daemon *daemon);

#endif
