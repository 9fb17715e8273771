#include "session.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "find.h"
#include "link.h"
#include "print.h"
#include "show.h"
#include "system.h"
#include "target.h"

#define TIMEOUT_MS 10000 /* of what is answered at once */

struct session {
    const struct invocation *invocation;
    struct link link;
    struct target target;
    struct show show;
    const struct output *output;
};

static enum credd_exit complain(enum credd_exit status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum credd_exit complain(enum credd_exit status, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct wrap *wrap = wrap_new(stderr);
    FILE *out = wrap_stream(wrap, stderr);
    (void)fputs("credctl: ", out);
    wrap_here(wrap);
    (void)print_safe(out, text, 0);
    (void)fputc('\n', out);
    wrap_free(wrap);
    return status;
}

/* --- connecting
 * ------------------------------------------------------------------------------------- */

static int64_t deadline_of(const struct invocation *invocation)
{
    if (invocation->has_timeout)
        return system_ms() + invocation->timeout_ms;
    return invocation->command->style == CREDD_STYLE_ONCE ? system_ms() + TIMEOUT_MS : 0;
}

static enum credd_exit not_allowed(const char *path)
{
    struct stat there;
    const struct group *group = stat(path, &there) == 0 ? getgrgid(there.st_gid) : NULL;
    if (group != NULL && group->gr_gid != 0)
        return complain(
            CREDD_EXIT_DENIED,
            "%s lets in only root and the group %s: join it (usermod -aG %s USER) and log in again",
            path, group->gr_name, group->gr_name);
    return complain(CREDD_EXIT_DENIED, "%s lets in only its owner and root", path);
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

static enum credd_exit no_daemon(const struct invocation *invocation, const struct places *places,
                                 const int *errors)
{
    struct unit unit = unit_of(invocation);
    (void)complain(CREDD_EXIT_NO_DAEMON, "no daemon answers");
    for (int i = 0; i < places->count; i++)
        (void)fprintf(stderr, "  %s: %s\n", places->paths[i],
                      errors[i] == -ENOENT         ? "there is no such socket"
                      : errors[i] == -ECONNREFUSED ? "nobody listens there any more"
                                                   : strerror(-errors[i]));
    (void)fprintf(stderr,
                  "Start it (systemctl start %s, or run credd), or name its socket with\n"
                  "--socket. systemctl status %s says why it ended, if it did.\n",
                  unit.name, unit.name);
    return CREDD_EXIT_NO_DAEMON;
}

static enum credd_exit report_places(const struct invocation *invocation,
                                     const struct places *places, const int *errors)
{
    for (int i = 0; i < places->count; i++) {
        if (errors[i] == -EACCES || errors[i] == -EPERM)
            return not_allowed(places->paths[i]);
        if (errors[i] == -ETIMEDOUT)
            return complain(CREDD_EXIT_TIMEOUT, "%s takes no connection in time", places->paths[i]);
    }
    return no_daemon(invocation, places, errors);
}

static enum credd_exit connect_any(const struct invocation *invocation, int64_t deadline,
                                   bool quiet, struct link *link)
{
    struct places places = places_of(invocation);
    int errors[PLACES_MAX] = {0};
    enum credd_exit status = CREDD_EXIT_NO_DAEMON;
    for (int i = 0; i < places.count && status != CREDD_EXIT_DONE; i++) {
        errors[i] = link_open(places.paths[i], deadline, link);
        if (errors[i] == 0)
            status = CREDD_EXIT_DONE;
    }
    if (status != CREDD_EXIT_DONE && !quiet)
        status = report_places(invocation, &places, errors);
    places_done(&places);
    return status;
}

static json_t *request_of(const char *method, json_t *parameters, bool more)
{
    char name[96];
    (void)snprintf(name, sizeof name, "%s.%s", CREDD_INTERFACE, method);
    json_t *request = json_pack("{s:s, s:O}", "method", name, "parameters", parameters);
    if (more)
        (void)json_object_set_new(request, "more", json_true());
    return request;
}

/* --- what came
 * -------------------------------------------------------------------------------------- */

/* The option or placeholder that stands for a parameter on the command line. */
static const char *spelled(const struct command *command, const char *name)
{
    const struct argument *argument;
    for (size_t i = 0; (argument = argument_of(command->id, i)) != NULL; i++) {
        if (strcmp(argument->name, name) == 0)
            return argument->option[0] != '\0' ? argument->option : argument->placeholder;
    }
    return name;
}

static enum credd_exit status_of(const char *error)
{
#define X(id, name, status, text)                     \
    if (strcmp(error, CREDD_INTERFACE "." name) == 0) \
        return (enum credd_exit)(status);
    CREDD_ERRORS(X)
#undef X
    return CREDD_EXIT_FAILED;
}

static enum credd_exit report_error(const struct session *session, const char *error,
                                    const json_t *parameters)
{
    const char *message = member_text(parameters, "message");
    const char *parameter = member_text(parameters, "parameter");
    if (strcmp(error, CREDD_VARLINK ".InvalidParameter") == 0)
        return complain(CREDD_EXIT_USAGE, "%s: %s",
                        spelled(session->invocation->command, parameter != NULL ? parameter : "?"),
                        message != NULL ? message : "the daemon does not accept it");
    if (strcmp(error, CREDD_VARLINK ".MethodNotFound") == 0)
        return complain(CREDD_EXIT_FAILED, "this daemon does not know %s: it is another version",
                        session->invocation->command->word);
    return complain(status_of(error), "%s", message != NULL ? message : error);
}

static bool is_job(const struct command *command)
{
    return command->style == CREDD_STYLE_PROGRESS && command->id != CREDD_COMMAND_PAUSE;
}

static enum credd_exit interrupted(const struct session *session)
{
    const struct command *command = session->invocation->command;
    if (command->id == CREDD_COMMAND_WATCH)
        return CREDD_EXIT_DONE;
    if (is_job(command))
        return complain(
            CREDD_EXIT_FAILED,
            "%s goes on in the daemon: credctl status shows it, credctl cancel cancels it",
            command->word);
    if (session->show.paused)
        return complain(CREDD_EXIT_FAILED, "paused, but a batch is still being written");
    return complain(CREDD_EXIT_FAILED, "interrupted");
}

static enum credd_exit late(const struct session *session)
{
    return complain(CREDD_EXIT_TIMEOUT, "no answer in time%s",
                    is_job(session->invocation->command)
                        ? "; it goes on in the daemon: credctl status shows it"
                        : "");
}

/* A service manager may hold the socket of a daemon that does not start: it lets go of who knocked.
 */
static enum credd_exit unanswered(const struct invocation *invocation)
{
    return complain(CREDD_EXIT_NO_DAEMON,
                    "no daemon answers: the connection was closed without a reply; systemctl "
                    "status %s says why",
                    unit_of(invocation).name);
}

static enum credd_exit lost(const struct session *session, enum link_result result)
{
    switch (result) {
    case LINK_INTERRUPTED: return interrupted(session);
    case LINK_LATE: return late(session);
    case LINK_UNREAD:
        return session->invocation->command->id == CREDD_COMMAND_WATCH ? CREDD_EXIT_DONE
                                                                       : CREDD_EXIT_FAILED;
    case LINK_GARBLED: return complain(CREDD_EXIT_FAILED, "what answers there is not credd");
    case LINK_CLOSED:
    case LINK_GOOD: break;
    }
    if (!session->link.heard)
        return unanswered(session->invocation);
    return complain(CREDD_EXIT_FAILED, "the daemon ended the connection before it was done%s",
                    is_job(session->invocation->command) ? "; see credctl status" : "");
}

/* What the last reply of each command holds: whoever sends something else is not credd, and nothing
 * was done. */
static const char *const proofs[CREDD_COMMAND_COUNT] = {
    [CREDD_COMMAND_STATUS] = "streams",   [CREDD_COMMAND_PAUSE] = "message",
    [CREDD_COMMAND_RESUME] = "message",   [CREDD_COMMAND_REFRESH] = "rows",
    [CREDD_COMMAND_RESET] = "rows",       [CREDD_COMMAND_ADVANCE] = "rows",
    [CREDD_COMMAND_SPEED] = "message",    [CREDD_COMMAND_TEMPO] = "message",
    [CREDD_COMMAND_SCHEDULE] = "streams", [CREDD_COMMAND_VERIFY] = "findings",
    [CREDD_COMMAND_EXPORT] = "total",     [CREDD_COMMAND_WATCH] = "dropped",
    [CREDD_COMMAND_HISTORY] = "acts",     [CREDD_COMMAND_ADOPT] = "message",
    [CREDD_COMMAND_CANCEL] = "message",   [CREDD_COMMAND_RELOAD] = "changed",
    [CREDD_COMMAND_CONFIG] = "settings",  [CREDD_COMMAND_VERSION] = "version",
};

static bool is_credds(const struct session *session, const json_t *reply)
{
    const json_t *error = json_object_get(reply, "error");
    const json_t *parameters = json_object_get(reply, "parameters");
    if (error != NULL)
        return json_is_string(error);
    return json_is_object(parameters) &&
           (member_true(reply, "continues") ||
            json_object_get(parameters, proofs[session->invocation->command->id]) != NULL);
}

/* Shows replies until the last. The reader of the output may go away before. */
static enum credd_exit show_replies(struct session *session)
{
    bool last = false;
    while (!last && !ferror(session->target.out)) {
        json_t *reply;
        enum link_result result = link_receive(&session->link, &reply);
        if (result == LINK_GOOD && !is_credds(session, reply)) {
            json_decref(reply);
            result = LINK_GARBLED;
        }
        if (result != LINK_GOOD) {
            progress_clear(&session->show.progress);
            return lost(session, result);
        }
        const char *error = member_text(reply, "error");
        const json_t *parameters = json_object_get(reply, "parameters");
        last = !member_true(reply, "continues");
        if (error != NULL) {
            progress_clear(&session->show.progress);
            enum credd_exit status = report_error(session, error, parameters);
            json_decref(reply);
            return status;
        }
        show_note(&session->show, parameters);
        session->output->reply(&session->show, parameters, last);
        json_decref(reply);
    }
    session->output->end(&session->show);
    return session->show.wrong > 0 ? CREDD_EXIT_FAILED : CREDD_EXIT_DONE;
}

/* Whoever reads the output may have seen enough: no reason to complain, and no failure of what has
 * no end. */
static enum credd_exit finish(struct session *session, enum credd_exit status)
{
    const char *file = session->invocation->file;
    if (status != CREDD_EXIT_DONE && file != NULL) {
        target_discard(&session->target);
        return status;
    }
    int r = target_finish(&session->target);
    if (r == -EPIPE)
        return session->invocation->command->id == CREDD_COMMAND_WATCH ? status : CREDD_EXIT_FAILED;
    if (r < 0)
        return complain(CREDD_EXIT_FAILED, "can not write %s: %s",
                        file != NULL ? file : "standard output", strerror(-r));
    return status;
}

static enum credd_exit converse(struct session *session)
{
    const struct command *command = session->invocation->command;
    json_t *request = request_of(command->method, session->invocation->parameters,
                                 command->style != CREDD_STYLE_ONCE);
    if (json_dumpb(request, NULL, 0, JSON_COMPACT) > CREDD_REQUEST_MAX) {
        json_decref(request);
        return complain(CREDD_EXIT_USAGE, "that is more than credd takes: %d bytes",
                        CREDD_REQUEST_MAX);
    }
    session->output->begin(&session->show);
    enum link_result result = link_send(&session->link, request);
    json_decref(request);
    return result == LINK_GOOD ? show_replies(session) : lost(session, result);
}

enum credd_exit session_run(const struct invocation *invocation)
{
    struct session session = {.invocation = invocation, .output = show_choose(invocation)};
    enum credd_exit status = connect_any(invocation, deadline_of(invocation), false, &session.link);
    if (status != CREDD_EXIT_DONE)
        return status;
    int r = target_open(invocation->file, &session.target);
    if (r < 0) {
        link_close(&session.link);
        return complain(CREDD_EXIT_FAILED, "can not write %s: %s", invocation->file, strerror(-r));
    }
    link_catch_signals(&session.link);
    if (invocation->command->style == CREDD_STYLE_STREAM)
        session.link.output = fileno(session.target.out);
    session.show.invocation = invocation;
    if (session.output == &show_text)
        session.show.wrap = wrap_new(session.target.out);
    session.show.out = wrap_stream(session.show.wrap, session.target.out);
    session.show.colour = print_may_colour(session.target.out);
    session.show.progress = progress_begin(invocation->command->word);
    status = converse(&session);
    wrap_free(session.show.wrap);
    status = finish(&session, status);
    json_decref(session.show.tables);
    link_close(&session.link);
    return status;
}

json_t *session_ask(const struct invocation *invocation, const char *method, int timeout_ms)
{
    struct link link;
    json_t *reply = NULL, *parameters = NULL;
    json_t *none = json_object();
    if (connect_any(invocation, system_ms() + timeout_ms, true, &link) == CREDD_EXIT_DONE) {
        json_t *request = request_of(method, none, false);
        if (link_send(&link, request) == LINK_GOOD && link_receive(&link, &reply) == LINK_GOOD)
            parameters = json_incref(json_object_get(reply, "parameters"));
        json_decref(request);
        json_decref(reply);
        link_close(&link);
    }
    json_decref(none);
    return parameters;
}
