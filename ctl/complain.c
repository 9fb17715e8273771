#include "complain.h"

#include <stdarg.h>
#include <stdio.h>

#include "print.h"
#include "usage.h"
#include "wrap.h"

static const char *name_of(enum credd_exit status)
{
    static const char *const names[] = {
        [CREDD_EXIT_FAILED] = "io.credd.credctl.Failed",
        [CREDD_EXIT_USAGE] = "io.credd.credctl.Usage",
        [CREDD_EXIT_NO_DAEMON] = "io.credd.credctl.NoDaemon",
        [CREDD_EXIT_DENIED] = "io.credd.credctl.NotAllowed",
        [CREDD_EXIT_TIMEOUT] = "io.credd.credctl.TimedOut",
    };
    return names[status];
}

static void print_object(const char *error, const char *message)
{
    json_t *text = json_string(message);
    json_t *object = json_pack("{s:s, s:o}", "error", error, "message",
                               text != NULL ? text : json_string("an argument is not valid UTF-8"));
    (void)json_dumpf(object, stdout, JSON_COMPACT);
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
    json_decref(object);
}

enum credd_exit complain_named(const struct invocation *invocation, enum credd_exit status,
                               const char *error, const char *message)
{
    if (invocation->json) {
        print_object(error, message);
        return status;
    }
    struct wrap *wrap = wrap_new(stderr);
    FILE *out = wrap_stream(wrap, stderr);
    (void)fputs("credctl: ", out);
    wrap_here(wrap);
    (void)print_safe(out, message, 0);
    (void)fputc('\n', out);
    wrap_free(wrap);
    return status;
}

enum credd_exit complain(const struct invocation *invocation, enum credd_exit status,
                         const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return complain_named(invocation, status, name_of(status), text);
}

enum credd_exit complain_usage(const struct invocation *invocation)
{
    if (invocation->json) {
        print_object(name_of(CREDD_EXIT_USAGE), invocation->wrong);
        return CREDD_EXIT_USAGE;
    }
    (void)fprintf(stderr, "credctl: %s\n", invocation->wrong);
    if (invocation->command != NULL)
        usage_synopsis(stderr, invocation->command);
    else
        (void)fputs("See credctl --help.\n", stderr);
    return CREDD_EXIT_USAGE;
}
