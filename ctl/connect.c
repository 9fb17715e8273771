#include "connect.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "complain.h"
#include "find.h"
#include "system.h"

#define AGAIN_MS 100 /* between two looks for a daemon */

static enum credd_exit not_allowed(const struct invocation *invocation, const char *path)
{
    struct stat there;
    const struct group *group = stat(path, &there) == 0 ? getgrgid(there.st_gid) : NULL;
    if (group != NULL && group->gr_gid != 0)
        return complain(invocation, CREDD_EXIT_DENIED,
                        "permission denied for %s: it is open to root and members of group %s; run "
                        "'usermod -aG %s USER' and log in again",
                        path, group->gr_name, group->gr_name);
    return complain(invocation, CREDD_EXIT_DENIED,
                    "permission denied for %s: it is open to its owner and root only", path);
}

struct unit { /* of the service manager */
    char name[96];
};

static struct unit unit_of(const struct invocation *invocation)
{
    struct unit unit = {.name = "credd"};
    if (invocation->instance != NULL)
        (void)snprintf(unit.name, sizeof unit.name, "credd@%s", invocation->instance);
    return unit;
}

static const char *why_not(int error)
{
    return error == -ENOENT         ? "no such socket"
           : error == -ECONNREFUSED ? "nothing listens there"
                                    : strerror(-error);
}

/* For programs, in one sentence. */
static enum credd_exit no_daemon_for_programs(const struct invocation *invocation,
                                              const struct places *places, const int *errors)
{
    char text[1024] = "no daemon answers";
    size_t used = strlen(text);
    for (int i = 0; i < places->count && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "; %s: %s", places->paths[i],
                                 why_not(errors[i]));
    return complain(invocation, CREDD_EXIT_NO_DAEMON, "%s", text);
}

static enum credd_exit no_daemon(const struct invocation *invocation, const struct places *places,
                                 const int *errors)
{
    struct unit unit = unit_of(invocation);
    if (invocation->json)
        return no_daemon_for_programs(invocation, places, errors);
    (void)complain(invocation, CREDD_EXIT_NO_DAEMON, "no daemon answers");
    for (int i = 0; i < places->count; i++)
        (void)fprintf(stderr, "  %s: %s\n", places->paths[i], why_not(errors[i]));
    (void)fprintf(
        stderr,
        "Start it with 'systemctl start %s' or by running credd. If it listens elsewhere,\n"
        "use --socket. If it failed, 'systemctl status %s' shows why.\n",
        unit.name, unit.name);
    return CREDD_EXIT_NO_DAEMON;
}

static enum credd_exit report_places(const struct invocation *invocation,
                                     const struct places *places, const int *errors)
{
    for (int i = 0; i < places->count; i++) {
        if (errors[i] == -EACCES || errors[i] == -EPERM)
            return not_allowed(invocation, places->paths[i]);
        if (errors[i] == -ETIMEDOUT)
            return complain(invocation, CREDD_EXIT_TIMEOUT, "timed out connecting to %s",
                            places->paths[i]);
    }
    return no_daemon(invocation, places, errors);
}

static bool try_places(const struct places *places, int64_t deadline, int errors[PLACES_MAX],
                       struct link *ret_link)
{
    for (int i = 0; i < places->count; i++) {
        errors[i] = link_open(places->paths[i], deadline, ret_link);
        if (errors[i] == 0)
            return true;
    }
    return false;
}

/* Nobody is there, which may change, and there is time. */
static bool may_come(const struct places *places, int64_t deadline, const int *errors)
{
    bool nobody = system_ms() + AGAIN_MS < deadline;
    for (int i = 0; i < places->count; i++)
        nobody = nobody && (errors[i] == -ENOENT || errors[i] == -ECONNREFUSED);
    return nobody;
}

enum credd_exit connect_any(const struct invocation *invocation, int64_t deadline,
                            struct link *ret_link)
{
    struct places places = places_of(invocation);
    int errors[PLACES_MAX] = {0};
    enum credd_exit status = CREDD_EXIT_DONE;
    const struct timespec rest = {.tv_nsec = AGAIN_MS * 1000000};
    /* A script says 'wait --timeout 1min' right after it started the daemon. */
    bool waits = invocation->command->id == CREDD_COMMAND_WAIT && invocation->has_timeout;
    bool found = try_places(&places, deadline, errors, ret_link);
    while (!found && waits && may_come(&places, deadline, errors)) {
        (void)nanosleep(&rest, NULL);
        found = try_places(&places, deadline, errors, ret_link);
    }
    if (!found)
        status = report_places(invocation, &places, errors);
    places_done(&places);
    return status;
}

bool connect_quietly(const struct invocation *invocation, int64_t deadline, struct link *ret_link)
{
    struct places places = places_of(invocation);
    int errors[PLACES_MAX];
    bool done = try_places(&places, deadline, errors, ret_link);
    places_done(&places);
    return done;
}

/* A service manager may hold the socket of a daemon that does not start: it lets go of who knocked.
 */
enum credd_exit connect_unanswered(const struct invocation *invocation)
{
    return complain(invocation, CREDD_EXIT_NO_DAEMON,
                    "no daemon answers: the connection was closed without a reply; see 'systemctl "
                    "status %s'",
                    unit_of(invocation).name);
}
