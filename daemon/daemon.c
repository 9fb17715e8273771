#include "daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/span.h"
#include "clock/system.h"
#include "control/control.h"
#include "engine/engine.h"
#include "engine/tell.h"
#include "service/notify.h"

#define STATUS_LEAST_US 1000000 /* between two STATUS= lines that only differ in figures */

enum { SIGNAL_TERM, SIGNAL_INT, SIGNAL_HUP, SIGNAL_COUNT };

struct daemon {
    const struct config_source *source;
    struct config *config;
    struct event_base *base;
    struct journal *journal;
    struct engine *engine;
    struct control *control;
    struct event *signals[SIGNAL_COUNT];
    struct event *watchdog, *status, *status_now;
    char told[1600];      /* the last STATUS= */
    char told_state[800]; /* what of it were not figures */
};

/* How the world moves, in a word or two. */
static void status_motion(const struct report *report, char *out, size_t size)
{
    size_t used = 0;
    if (report->held)
        used = (size_t)snprintf(out, size, "held");
    else if (report->paused)
        used = (size_t)snprintf(out, size, "paused by %s%s%s", report->paused_by,
                                report->reason[0] != '\0' ? ": " : "", report->reason);
    else if (report->speed == 0)
        used = (size_t)snprintf(out, size, "stands still");
    else
        used = (size_t)snprintf(out, size, "running");
    for (unsigned i = 0; i < STREAM_COUNT && used < size; i++)
        if (report->streams[i].paused)
            used += (size_t)snprintf(out + used, size - used, ", %s paused by %s",
                                     report->streams[i].name, report->streams[i].paused_by);
}

static void status_line(const struct report *report, char *line, size_t size)
{
    char world[TIME_TEXT_MAX], job[96] = "", motion[700];
    if (report->has_job)
        (void)snprintf(job, sizeof job, "; %s %" PRIu64 "/%" PRIu64, job_kind_name(report->job),
                       report->job_done, report->job_total);
    status_motion(report, motion, sizeof motion);
    if (report->database == DATABASE_CONNECTING)
        (void)snprintf(line, size, "connecting to the database");
    else if (report->database != DATABASE_READY)
        (void)snprintf(line, size, "database %s: %s", database_state_word(report->database),
                       report->database_detail);
    else if (!report->has_world)
        (void)snprintf(line, size, "building the first world%s", job);
    else
        (void)snprintf(line, size, "world %s, %s%s; last batch: %s",
                       time_text(report->world_now.s, world), motion, job,
                       report->last_batch[0] != '\0' ? report->last_batch : "none yet");
}

/* What is told at once. Ticks come and go. */
static void status_state(const struct report *report, char *out, size_t size)
{
    char motion[700];
    status_motion(report, motion, sizeof motion);
    (void)snprintf(out, size, "%d %d %d %s", report->database, report->has_world,
                   report->has_job && report->job != JOB_TICK, motion);
}

static void tell_status(struct daemon *daemon, bool figures)
{
    struct report *report = MEM_NEW(struct report);
    char line[sizeof daemon->told], state[sizeof daemon->told_state];
    engine_report(daemon->engine, report);
    status_line(report, line, sizeof line);
    status_state(report, state, sizeof state);
    bool news = strcmp(state, daemon->told_state) != 0;
    if ((news || (figures && strcmp(line, daemon->told) != 0)) && notify_status(line)) {
        memcpy(daemon->told, line, sizeof line);
        memcpy(daemon->told_state, state, sizeof state);
    }
    free(report);
}

static void on_status(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    tell_status(context, true);
}

static void on_news(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    tell_status(context, false);
}

static void on_change(void *context)
{
    struct daemon *daemon = context;
    event_active(daemon->status_now, 0, 0);
}

static void on_watchdog(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
    notify_watchdog();
}

/* What a message of the root says of the world, if there is one. */
static struct tell about_world(struct daemon *daemon)
{
    struct report *report = MEM_NEW(struct report);
    engine_report(daemon->engine, report);
    struct tell about = {.has_time = report->has_world, .at = report->world_now};
    free(report);
    return about;
}

static int reload(void *context, long long uid, long long pid, const char *user, char changed[1024],
                  char pending[1024], struct fault *fault)
{
    struct daemon *daemon = context;
    struct config *config = NULL;
    struct engine_peer peer = {.uid = uid, .pid = pid};
    char who[TELL_WHO_MAX];
    (void)snprintf(peer.user, sizeof peer.user, "%s", user);
    (void)tell_who(&peer, who);
    notify_reloading(system_time.mono(NULL));
    struct tell about = about_world(daemon);
    about.peer = &peer;
    int result = config_load(daemon->source, &config, fault);
    if (result < 0) {
        tell(daemon->journal, MESSAGE_CONFIG_BAD, &about,
             "a reload by %s failed, the configuration stays as it was: %s", who, fault->text);
    } else {
        struct config *old = daemon->config;
        daemon->config = config;
        engine_reconfigure(daemon->engine, config, &peer, changed, pending);
        config_free(old);
        tell(daemon->journal, MESSAGE_CONFIG_RELOADED, &about,
             "configuration reloaded by %s; changed: %s; waits: %s", who,
             changed[0] != '\0' ? changed : "nothing", pending[0] != '\0' ? pending : "nothing");
    }
    notify_ready();
    return result;
}

static const struct config *config_in_force(void *context)
{
    const struct daemon *daemon = context;
    return daemon->config;
}

static void on_stop(evutil_socket_t number, short what, void *context)
{
    (void)number;
    (void)what;
    struct daemon *daemon = context;
    (void)event_base_loopbreak(daemon->base);
}

static void on_hangup(evutil_socket_t number, short what, void *context)
{
    (void)number;
    (void)what;
    char changed[1024], pending[1024];
    struct fault fault;
    (void)reload(context, -1, 0, "SIGHUP", changed, pending, &fault);
}

static int open_events(struct daemon *daemon, struct fault *fault)
{
    static const struct {
        int number;
        event_callback_fn call;
    } signals[SIGNAL_COUNT] = {
        [SIGNAL_TERM] = {SIGTERM, on_stop},
        [SIGNAL_INT] = {SIGINT, on_stop},
        [SIGNAL_HUP] = {SIGHUP, on_hangup},
    };
    bool fine = true;
    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        daemon->signals[i] = evsignal_new(daemon->base, signals[i].number, signals[i].call, daemon);
        fine = fine && daemon->signals[i] != NULL && event_add(daemon->signals[i], NULL) == 0;
    }
    struct timeval second = {.tv_sec = STATUS_LEAST_US / 1000000};
    daemon->status = event_new(daemon->base, -1, EV_PERSIST, on_status, daemon);
    daemon->status_now = event_new(daemon->base, -1, 0, on_news, daemon);
    fine = fine && daemon->status_now != NULL;
    fine = fine && daemon->status != NULL && event_add(daemon->status, &second) == 0;
    uint64_t interval = notify_watchdog_interval_us();
    if (interval > 0) {
        struct timeval third = {.tv_sec = (time_t)(interval / 1000000),
                                .tv_usec = (suseconds_t)(interval % 1000000)};
        daemon->watchdog = event_new(daemon->base, -1, EV_PERSIST, on_watchdog, daemon);
        fine = fine && daemon->watchdog != NULL && event_add(daemon->watchdog, &third) == 0;
    }
    return fine ? 0 : fault_set(fault, -ENOMEM, "the event loop refuses a signal or timer");
}

int daemon_new(const struct config_source *source, struct config *config,
               struct daemon **ret_daemon)
{
    struct daemon *daemon = MEM_NEW(struct daemon);
    struct fault fault = {.text = ""};
    daemon->source = source;
    daemon->config = config;
    daemon->journal = journal_new();
    daemon->base = event_base_new();
    int result = daemon->base != NULL ? 0 : fault_set(&fault, -ENOMEM, "no event loop");
    if (result == 0)
        result = open_events(daemon, &fault);
    if (result == 0)
        result = engine_new(daemon->base, config, daemon->journal, &daemon->engine, &fault);
    if (result == 0) {
        struct control_host host = {
            .engine = daemon->engine,
            .journal = daemon->journal,
            .config = config_in_force,
            .reload = reload,
            .context = daemon,
        };
        engine_on_change(daemon->engine, on_change, daemon);
        result = control_new(daemon->base, &host, config->socket, config->group, &daemon->control,
                             &fault);
    }
    if (result < 0) {
        tell(daemon->journal, daemon->engine != NULL ? MESSAGE_SOCKET_FAILED : MESSAGE_FAILED,
             &(struct tell){0}, "credd can not start: %s", fault.text);
        daemon_free(daemon);
        return result;
    }
    *ret_daemon = daemon;
    return 0;
}

int daemon_run(struct daemon *daemon)
{
    tell(daemon->journal, MESSAGE_STARTED, &(struct tell){0}, "credd %s is up, control socket %s",
         CREDD_VERSION, control_path(daemon->control));
    tell_status(daemon, true);
    notify_ready();
    int result = event_base_dispatch(daemon->base);
    notify_stopping();
    if (result >= 0)
        control_drain(daemon->control);
    struct tell about = about_world(daemon);
    if (result < 0) {
        tell(daemon->journal, MESSAGE_FAILED, &about, "the event loop failed");
        return -EIO;
    }
    tell(daemon->journal, MESSAGE_STOPPING, &about, "credd is stopping");
    return 0;
}

void daemon_free(struct daemon *daemon)
{
    if (daemon == NULL)
        return;
    control_free(daemon->control);
    bool ended = engine_free(daemon->engine);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (daemon->signals[i] != NULL)
            event_free(daemon->signals[i]);
    if (daemon->status != NULL)
        event_free(daemon->status);
    if (daemon->status_now != NULL)
        event_free(daemon->status_now);
    if (daemon->watchdog != NULL)
        event_free(daemon->watchdog);
    if (daemon->base != NULL)
        event_base_free(daemon->base);
    if (ended)
        journal_free(daemon->journal);
    else
        journal_leave(daemon->journal);
    config_free(daemon->config);
    free(daemon);
}
