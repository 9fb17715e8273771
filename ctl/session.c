#include "session.h"

#include <errno.h>
#include <string.h>

#include "complain.h"
#include "connect.h"
#include "link.h"
#include "print.h"
#include "show.h"
#include "system.h"
#include "target.h"

#define TIMEOUT_MS 10000 /* of what is answered at once */
#define AGAIN_MS   1000  /* between two questions of status --watch */

struct session {
    const struct invocation *invocation;
    struct link link;
    struct target target;
    struct folder folder; /* with invocation->folder, beside the target */
    struct show show;
    const struct output *output;
};

/* --- connecting
 * ------------------------------------------------------------------------------------- */

/* From now on; 0: none. */
static int64_t deadline_of(const struct invocation *invocation)
{
    if (invocation->has_timeout)
        return system_ms() + invocation->timeout_ms;
    return invocation->command->style == CREDD_STYLE_ONCE ? system_ms() + TIMEOUT_MS : 0;
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
    if (strcmp(error, CREDD_VARLINK ".InvalidParameter") == 0) {
        char text[2048];
        (void)snprintf(text, sizeof text, "%s: %s",
                       spelled(session->invocation->command, parameter != NULL ? parameter : "?"),
                       message != NULL ? message : "not accepted by the daemon");
        return complain_named(session->invocation, CREDD_EXIT_USAGE, error, text);
    }
    if (strcmp(error, CREDD_VARLINK ".MethodNotFound") == 0)
        return complain(session->invocation, CREDD_EXIT_FAILED,
                        "the daemon does not know '%s'; it is of another version",
                        session->invocation->command->word);
    return complain_named(session->invocation, status_of(error), error,
                          message != NULL ? message : error);
}

/* What only Ctrl-C ends. */
static bool goes_on(const struct invocation *invocation)
{
    return invocation->command->id == CREDD_COMMAND_WATCH || invocation_has(invocation, "watch");
}

static bool is_job(const struct command *command)
{
    return command->id == CREDD_COMMAND_REFRESH || command->id == CREDD_COMMAND_RESET ||
           command->id == CREDD_COMMAND_ADVANCE;
}

static enum credd_exit interrupted(const struct session *session)
{
    const struct command *command = session->invocation->command;
    if (goes_on(session->invocation)) {
        if (session->invocation->json)
            (void)fputs("{\"end\":\"interrupted\"}\n", session->target.out);
        return CREDD_EXIT_DONE;
    }
    if (is_job(command))
        return complain(
            session->invocation, CREDD_EXIT_FAILED,
            "%s continues in the daemon; see 'credctl status', or stop it with 'credctl cancel'",
            command->word);
    if (session->show.paused)
        return complain(session->invocation, CREDD_EXIT_FAILED,
                        "paused, but a batch is still being written");
    return complain(session->invocation, CREDD_EXIT_FAILED, "interrupted");
}

static enum credd_exit late(const struct session *session)
{
    if (session->invocation->command->id == CREDD_COMMAND_WAIT)
        return complain(session->invocation, CREDD_EXIT_TIMEOUT,
                        "timed out before the condition was met");
    if (session->invocation->command->id == CREDD_COMMAND_WATCH)
        return complain(session->invocation, CREDD_EXIT_TIMEOUT,
                        "stopped watching: the time of --timeout is over");
    return complain(
        session->invocation, CREDD_EXIT_TIMEOUT, "timed out waiting for the daemon%s",
        is_job(session->invocation->command) ? "; the job continues, see 'credctl status'" : "");
}

static enum credd_exit lost(const struct session *session, enum link_result result)
{
    switch (result) {
    case LINK_INTERRUPTED: return interrupted(session);
    case LINK_LATE: return late(session);
    case LINK_UNREAD: return goes_on(session->invocation) ? CREDD_EXIT_DONE : CREDD_EXIT_FAILED;
    case LINK_GARBLED:
        return complain(session->invocation, CREDD_EXIT_FAILED,
                        "the program at the other end of the socket is not credd");
    case LINK_CLOSED:
    case LINK_GOOD: break;
    }
    if (!session->link.heard)
        return connect_unanswered(session->invocation);
    return complain(session->invocation, CREDD_EXIT_FAILED,
                    "the daemon closed the connection before the command was done%s",
                    is_job(session->invocation->command) ? "; see 'credctl status'" : "");
}

/* A member that the last reply of a command holds, "message" where none is named: whoever sends
 * something else is not credd, and nothing was done. */
static const char *const proofs[CREDD_COMMAND_COUNT] = {
    [CREDD_COMMAND_STATUS] = "streams",   [CREDD_COMMAND_REFRESH] = "rows",
    [CREDD_COMMAND_RESET] = "rows",       [CREDD_COMMAND_ADVANCE] = "rows",
    [CREDD_COMMAND_SCHEDULE] = "streams", [CREDD_COMMAND_VERIFY] = "findings",
    [CREDD_COMMAND_EXPORT] = "total",     [CREDD_COMMAND_WATCH] = "dropped",
    [CREDD_COMMAND_HISTORY] = "acts",     [CREDD_COMMAND_RELOAD] = "changed",
    [CREDD_COMMAND_CONFIG] = "settings",  [CREDD_COMMAND_VERSION] = "version",
};

/* Tables name files: none of credd's is called otherwise. */
static bool is_table(const char *name)
{
    return name[0] != '\0' && strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name);
}

static bool is_credds(const struct session *session, const json_t *reply)
{
    const json_t *error = json_object_get(reply, "error");
    const json_t *parameters = json_object_get(reply, "parameters");
    const char *table = member_text(parameters, "table");
    const char *proof = proofs[session->invocation->command->id];
    if (error != NULL)
        return json_is_string(error);
    return json_is_object(parameters) && (table == NULL || is_table(table)) &&
           (member_true(reply, "continues") ||
            json_object_get(parameters, proof != NULL ? proof : "message") != NULL);
}

/* Shows replies until the last. The reader of the output may go away before. */
static enum credd_exit show_replies(struct session *session)
{
    bool last = false;
    while (!last && !ferror(session->target.out) && session->folder.error == 0) {
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
        json_t *parameters = json_object_get(reply, "parameters");
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
    bool folder = session->invocation->folder;
    if (status != CREDD_EXIT_DONE && file != NULL) {
        target_discard(&session->target);
        if (folder)
            folder_discard(&session->folder);
        return status;
    }
    int r = target_finish(&session->target);
    if (folder)
        r = folder_finish(&session->folder);
    if (r == -EPIPE)
        return goes_on(session->invocation) ? status : CREDD_EXIT_FAILED;
    if (r < 0)
        return complain(session->invocation, CREDD_EXIT_FAILED, "cannot write %s: %s",
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
        return complain(session->invocation, CREDD_EXIT_USAGE,
                        "the request is too long (the limit is %d bytes)", CREDD_REQUEST_MAX);
    }
    session->output->begin(&session->show);
    enum link_result result = link_send(&session->link, request);
    json_decref(request);
    return result == LINK_GOOD ? show_replies(session) : lost(session, result);
}

/* Asks again every second, until Ctrl-C or until the reader has gone. */
static enum credd_exit converse_again(struct session *session)
{
    enum credd_exit status;
    while ((status = converse(session)) == CREDD_EXIT_DONE && !ferror(session->target.out)) {
        enum link_result result = link_rest(&session->link, AGAIN_MS);
        if (result != LINK_LATE)
            return lost(session, result);
        session->link.deadline = deadline_of(session->invocation);
    }
    return status;
}

static void begin_show(struct session *session)
{
    const struct invocation *invocation = session->invocation;
    link_catch_signals(&session->link);
    if (invocation->command->style == CREDD_STYLE_STREAM || goes_on(invocation))
        session->link.output = fileno(session->target.out);
    session->show.invocation = invocation;
    session->show.folder = invocation->folder ? &session->folder : NULL;
    if (session->output == &show_text)
        session->show.wrap = wrap_new(session->target.out);
    session->show.out = wrap_stream(session->show.wrap, session->target.out);
    session->show.colour = print_may_colour(session->target.out);
    session->show.progress = progress_begin(invocation->command->word);
}

enum credd_exit session_run(const struct invocation *invocation)
{
    struct session session = {.invocation = invocation, .output = show_choose(invocation)};
    enum credd_exit status = connect_any(invocation, deadline_of(invocation), &session.link);
    if (status != CREDD_EXIT_DONE)
        return status;
    int r = invocation->folder ? folder_open(invocation->file, &session.folder) : 0;
    if (r == 0)
        r = target_open(invocation->folder ? NULL : invocation->file, &session.target);
    if (r < 0) {
        link_close(&session.link);
        return complain(invocation, CREDD_EXIT_FAILED, "cannot write %s: %s", invocation->file,
                        strerror(-r));
    }
    begin_show(&session);
    status = invocation_has(invocation, "watch") ? converse_again(&session) : converse(&session);
    wrap_free(session.show.wrap);
    status = finish(&session, status);
    json_decref(session.show.tables);
    link_close(&session.link);
    return status;
}

bool session_each(const struct invocation *invocation, const char *method, int timeout_ms,
                  bool (*see)(void *context, const json_t *parameters), void *context)
{
    struct link link;
    json_t *none = json_object(), *reply = NULL;
    bool good = false, more = true;
    if (!connect_quietly(invocation, system_ms() + timeout_ms, &link)) {
        json_decref(none);
        return false;
    }
    json_t *request = request_of(method, none, true);
    if (link_send(&link, request) != LINK_GOOD)
        more = false;
    while (more && link_receive(&link, &reply) == LINK_GOOD) {
        good = member_text(reply, "error") == NULL;
        more = good && see(context, json_object_get(reply, "parameters")) &&
               member_true(reply, "continues");
        json_decref(reply);
    }
    json_decref(request);
    json_decref(none);
    link_close(&link);
    return good;
}

json_t *session_ask(const struct invocation *invocation, const char *method, int timeout_ms)
{
    struct link link;
    json_t *reply = NULL, *parameters = NULL;
    json_t *none = json_object();
    if (connect_quietly(invocation, system_ms() + timeout_ms, &link)) {
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
