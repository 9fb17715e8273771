#include "daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "clock/span.h"
#include "clock/system.h"
#include "control/control.h"
#include "engine/engine.h"
#include "engine/verdict.h"
#include "loop.h"
#include "mail/event_log.h"
#include "service/notify.h"
#include "web/web.h"

#define STATUS_LEAST_US 1000000 /* between two STATUS= lines that only differ in figures */

enum { SIGNAL_TERM, SIGNAL_INT, SIGNAL_HUP, SIGNAL_COUNT };

struct daemon {
    const struct config_source *source;
    struct config *config;
    struct event_base *base;
    struct journal *journal;
    struct engine *engine;
    struct engine_loop *loop;
    struct control *control;
    struct web *web; /* NULL: it is not wanted, or could not be made */
    struct event *signals[SIGNAL_COUNT];
    struct event *watchdog, *status, *status_now;
    char told[1700];       /* the last STATUS= */
    char told_state[1300]; /* what of it were not figures */
};

static void status_line(const struct summary *summary, char *line, size_t size)
{
    char world[TIME_TEXT_MAX], verdict[VERDICT_LINE_MAX];
    if (summary->database == DATABASE_CONNECTING)
        (void)snprintf(line, size, "connecting to the database");
    else if (summary->database != DATABASE_READY)
        (void)snprintf(line, size, "database %s: %s", database_state_word(summary->database),
                       summary->database_detail);
    else if (!summary->has_world)
        (void)snprintf(line, size, "%s", verdict_line(summary, verdict));
    else
        (void)snprintf(line, size, "%s; world %s; last batch: %s", verdict_line(summary, verdict),
                       time_text(summary->world_now.s, world),
                       summary->last_batch[0] != '\0' ? summary->last_batch : "none yet");
}

/* What is told at once. Ticks come and go. */
static void status_state(const struct summary *summary, char *out, size_t size)
{
    unsigned paused = 0, stopped = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        paused |= summary->streams[i].paused ? 1u << i : 0;
        stopped |= summary->streams[i].obstacle[0] != '\0' ? 1u << i : 0;
    }
    (void)snprintf(out, size, "%d %d %d %d %d %u %u %s %s", summary->database, summary->has_world,
                   summary->has_job && summary->job != JOB_TICK, summary->verdict,
                   summary->speed == 0, paused, stopped, summary->paused_by, summary->reason);
}

static void tell_status(struct daemon *daemon, bool figures)
{
    struct summary *summary = MEM_NEW(struct summary);
    char line[sizeof daemon->told], state[sizeof daemon->told_state];
    engine_summary(daemon->engine, summary);
    status_line(summary, line, sizeof line);
    status_state(summary, state, sizeof state);
    bool news = strcmp(state, daemon->told_state) != 0;
    if ((news || (figures && strcmp(line, daemon->told) != 0)) && notify_status(line)) {
        memcpy(daemon->told, line, sizeof line);
        memcpy(daemon->told_state, state, sizeof state);
    }
    free(summary);
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
static struct event_about about_world(struct daemon *daemon)
{
    struct summary *summary = MEM_NEW(struct summary);
    engine_summary(daemon->engine, summary);
    struct event_about about = {.has_time = summary->has_world, .at = summary->world_now};
    free(summary);
    return about;
}

static int reload(void *context, long long uid, long long pid, const char *user, char changed[1024],
                  char pending[1024], struct fault *fault)
{
    struct daemon *daemon = context;
    struct config *config = NULL;
    struct actor peer = {.uid = uid, .pid = pid};
    char who[EVENT_LOG_WHO_MAX];
    (void)snprintf(peer.user, sizeof peer.user, "%s", user);
    (void)event_log_who(&peer, who);
    notify_reloading(system_time.mono(NULL));
    struct event_about about = about_world(daemon);
    about.peer = &peer;
    int result = config_load(daemon->source, &config, fault);
    if (result < 0) {
        event_log(daemon->journal, MESSAGE_CONFIG_BAD, &about,
                  "reload by %s failed, the old configuration stays in force: %s", who,
                  fault->text);
    } else {
        struct config *old = daemon->config;
        daemon->config = config;
        engine_reconfigure(daemon->engine, config, &peer, changed, pending);
        config_free(old);
        event_log(daemon->journal, MESSAGE_CONFIG_RELOADED, &about,
                  "configuration reloaded by %s; changed: %s%s%s", who,
                  changed[0] != '\0' ? changed : "nothing", pending[0] != '\0' ? "; " : "",
                  pending);
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

/* EIO is what a terminal that hung up answers; a file or a pipe says ENOTTY. */
static bool terminal_is_gone(void)
{
    return isatty(STDIN_FILENO) == 0 && errno == EIO;
}

static void on_hangup(evutil_socket_t number, short what, void *context)
{
    char changed[1024], pending[1024];
    struct fault fault;
    if (terminal_is_gone())
        on_stop(number, what, context);
    else
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
    return fine ? 0 : fault_set(fault, -ENOMEM, "cannot add a signal or timer to the event loop");
}

static int start_engine(struct daemon *daemon, struct fault *fault)
{
    const struct engine_setup setup = {
        .config = daemon->config, .journal = daemon->journal, .outside = &outside_system};
    int result = engine_new(&setup, &daemon->engine, fault);
    if (result < 0)
        return result;
    engine_hook(daemon->engine,
                &(struct engine_hooks){.changed = on_change, .changed_context = daemon});
    return engine_loop_new(daemon->base, daemon->engine, &daemon->loop, fault);
}

/* What keeps a database alive does not stop for a page. */
static void start_web(struct daemon *daemon)
{
    const struct config *config = daemon->config;
    struct fault fault;
    const struct web_setup setup = {.base = daemon->base,
                                    .engine = daemon->engine,
                                    .listen = config->web_listen,
                                    .hosts = config->web_hosts,
                                    .public = config->web_public,
                                    .group = config->group};
    if (web_new(&setup, &daemon->web, &fault) < 0)
        event_log(daemon->journal, MESSAGE_WEB_FAILED, &(struct event_about){0},
                  "there is no page: %s", fault.text);
    else if (daemon->web != NULL)
        event_log(daemon->journal, MESSAGE_WEB_STARTED, &(struct event_about){0},
                  "the page is at %s", web_where(daemon->web));
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
    int result =
        daemon->base != NULL ? 0 : fault_set(&fault, -ENOMEM, "cannot create the event loop");
    if (result == 0)
        result = open_events(daemon, &fault);
    if (result == 0)
        result = start_engine(daemon, &fault);
    if (result == 0) {
        struct control_host host = {
            .engine = daemon->engine,
            .journal = daemon->journal,
            .managed = notify_is_wanted(),
            .config = config_in_force,
            .reload = reload,
            .context = daemon,
        };
        result = control_new(daemon->base, &host, config->socket, config->group, &daemon->control,
                             &fault);
    }
    if (result < 0) {
        event_log(daemon->journal, daemon->engine != NULL ? MESSAGE_SOCKET_FAILED : MESSAGE_FAILED,
                  &(struct event_about){0}, "credd cannot start: %s", fault.text);
        daemon_free(daemon);
        return result;
    }
    start_web(daemon);
    *ret_daemon = daemon;
    return 0;
}

int daemon_run(struct daemon *daemon)
{
    event_log(daemon->journal, MESSAGE_STARTED, &(struct event_about){0},
              "credd %s started, listening at %s", CREDD_VERSION, control_path(daemon->control));
    tell_status(daemon, true);
    notify_ready();
    int result = event_base_dispatch(daemon->base);
    notify_stopping();
    if (result >= 0)
        control_drain(daemon->control);
    struct event_about about = about_world(daemon);
    if (result < 0) {
        event_log(daemon->journal, MESSAGE_FAILED, &about, "the event loop failed");
        return -EIO;
    }
    event_log(daemon->journal, MESSAGE_STOPPING, &about, "credd is stopping");
    return 0;
}

void daemon_free(struct daemon *daemon)
{
    if (daemon == NULL)
        return;
    web_free(daemon->web);
    control_free(daemon->control);
    engine_loop_free(daemon->loop);
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
