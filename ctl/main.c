/* credctl: asks credd over its control socket and shows what it answers. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "complete.h"
#include "grammar.h"
#include "manual.h"
#include "session.h"
#include "usage.h"

static enum credd_exit print_version(void)
{
    (void)printf("credctl %s\n", CREDD_VERSION);
    return fflush(stdout) == 0 ? CREDD_EXIT_DONE : CREDD_EXIT_FAILED;
}

static enum credd_exit help(const struct command *command)
{
    usage_help(stdout, command);
    return fflush(stdout) == 0 ? CREDD_EXIT_DONE : CREDD_EXIT_FAILED;
}

/* credctl help [COMMAND] */
static enum credd_exit help_on(int argc, char **argv)
{
    const struct command *command = argc > 2 ? command_find(argv[2]) : NULL;
    if (argc > 2 && command == NULL && strcmp(argv[2], "help") != 0) {
        (void)usage_unknown(argv[2]);
        return CREDD_EXIT_USAGE;
    }
    return help(command);
}

/* A reset throws away what others may be looking at. */
static bool confirmed(const struct invocation *invocation, enum credd_exit *ret_status)
{
    char answer[8] = "";
    if (invocation->command->id != CREDD_COMMAND_RESET || invocation->yes)
        return true;
    *ret_status = CREDD_EXIT_USAGE;
    if (isatty(STDIN_FILENO) != 1) {
        (void)usage_wrong(invocation->command,
                          "reset replaces all data: without a terminal to ask on it needs --yes");
        return false;
    }
    (void)fputs("Replace all data in the five tables by a new world? [y/N] ", stderr);
    if (fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y'))
        return true;
    (void)fputs("nothing was done\n", stderr);
    *ret_status = CREDD_EXIT_FAILED;
    return false;
}

static enum credd_exit run(const struct invocation *invocation)
{
    enum credd_exit status = CREDD_EXIT_DONE;
    if (invocation->version)
        return print_version();
    if (invocation->help)
        return help(invocation->command);
    if (invocation->command == NULL) {
        usage_help(stderr, NULL);
        return CREDD_EXIT_USAGE;
    }
    if (invocation->command->id == CREDD_COMMAND_VERSION && !invocation->json)
        (void)print_version();
    if (!confirmed(invocation, &status))
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
    if (argc > 1 && strcmp(argv[1], "help") == 0)
        return (int)help_on(argc, argv);
    if (!grammar_read(argc, argv, &invocation))
        return CREDD_EXIT_USAGE;
    enum credd_exit status = run(&invocation);
    invocation_done(&invocation);
    return (int)status;
}
