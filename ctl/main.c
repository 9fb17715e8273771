/* credctl: asks credd over its control socket and shows what it answers. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "complete.h"
#include "confirm.h"
#include "grammar.h"
#include "manual.h"
#include "session.h"
#include "usage.h"
#include "wrap.h"

static enum credd_exit print_version(bool json)
{
    (void)printf(json ? "{\"version\":\"%s\"}\n" : "credctl %s\n", CREDD_VERSION);
    return fflush(stdout) == 0 ? CREDD_EXIT_DONE : CREDD_EXIT_FAILED;
}

static void print_help_object(const struct command *command)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    usage_help(memory, command);
    (void)fclose(memory);
    json_t *object = json_pack("{s:s}", "help", text);
    (void)json_dumpf(object, stdout, JSON_COMPACT);
    (void)fputc('\n', stdout);
    json_decref(object);
    free(text);
}

/* With --json one object, as of any command. */
static enum credd_exit help(const struct invocation *invocation)
{
    if (invocation->json) {
        print_help_object(invocation->command);
    } else {
        struct wrap *wrap = wrap_new(stdout);
        usage_help(wrap_stream(wrap, stdout), invocation->command);
        wrap_free(wrap);
    }
    return fflush(stdout) == 0 ? CREDD_EXIT_DONE : CREDD_EXIT_FAILED;
}

static enum credd_exit no_command(const struct invocation *invocation)
{
    if (invocation->json)
        return complain(invocation, CREDD_EXIT_USAGE, "no command given");
    usage_help(stderr, NULL);
    return CREDD_EXIT_USAGE;
}

static enum credd_exit run(struct invocation *invocation)
{
    enum credd_exit status = CREDD_EXIT_DONE;
    if (invocation->version)
        return print_version(invocation->json);
    if (invocation->help)
        return help(invocation);
    if (invocation->command == NULL)
        return no_command(invocation);
    if (invocation->command->id == CREDD_COMMAND_VERSION && !invocation->json)
        (void)print_version(false);
    if (!confirm_reset(invocation, &status))
        return status;
    return session_run(invocation);
}

int main(int argc, char **argv)
{
    struct invocation invocation;
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc > 1 && strcmp(argv[1], "__complete") == 0)
        return complete_print(argc - 2, argv + 2) ? CREDD_EXIT_DONE : CREDD_EXIT_FAILED;
    if (argc == 2 && strcmp(argv[1], "__manual") == 0) {
        manual_print(stdout);
        return CREDD_EXIT_DONE;
    }
    enum credd_exit status =
        grammar_read(argc, argv, &invocation) ? run(&invocation) : complain_usage(&invocation);
    invocation_done(&invocation);
    return (int)status;
}
