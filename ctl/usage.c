#include "usage.h"

#include <string.h>

#define COMMAND_COLUMN 12
#define OPTION_COLUMN  19

/* Lines of at most 80 columns. */
static const char *const notes[CREDD_COMMAND_COUNT] = {
    [CREDD_COMMAND_STATUS] =
        "The first line is the verdict: FRESH, BEHIND, PAUSED, HELD, NOT READY, or the\n"
        "running job. On a terminal --watch redraws in place; elsewhere it prints the\n"
        "first line every second, with --json one object per line.\n",
    [CREDD_COMMAND_PAUSE] =
        "Returns once the batch in progress is written. A pause survives restarts.\n",
    [CREDD_COMMAND_RESUME] =
        "At speed 1 the world catches up with the wall clock; at other speeds it\n"
        "continues from where it stopped. It also confirms a clock that is held.\n",
    [CREDD_COMMAND_RESET] =
        "Readers see either the old world or the new one, complete. What was added to the\n"
        "tables (columns, indexes, constraints) is kept unless --plain is given. Asks for\n"
        "confirmation on a terminal; without one, --yes is required. After Ctrl-C (exit\n"
        "status 1) the reset continues in the daemon; cancel stops it.\n",
    [CREDD_COMMAND_ADVANCE] =
        "Returns when everything is written. After Ctrl-C (exit status 1) the advance\n"
        "continues in the daemon; cancel stops it. DURATION is a time span such as 30d\n"
        "or \"1h 30min\"; a TIME without a zone is in the world's zone.\n",
    [CREDD_COMMAND_VERIFY] =
        "Exit status 1 if there are findings; notes and figures do not count.\n",
    [CREDD_COMMAND_EXPORT] =
        "json: one object that maps each table to an array of objects. jsonl: one object\n"
        "per line, with a member \"table\" if there are several tables. csv: one table, or\n"
        "with -o DIRECTORY one file per table; NULL is empty, an empty text is \"\", times\n"
        "are UTC in the form that databases read. Decimals keep all digits.\n",
    [CREDD_COMMAND_ADOPT] =
        "The tables may have additional columns and indexes, any order of columns, and\n"
        "wider types. An additional column must have a default, be generated, be filled\n"
        "(see fill in credd.conf(5)) or allow NULL. The first world keeps all of these.\n",
    [CREDD_COMMAND_WATCH] = "Runs until Ctrl-C.\n",
    [CREDD_COMMAND_WAIT] =
        "Waits until all given conditions hold; --ready if there are none. Exit status 5\n"
        "if --timeout expires first. With --timeout it waits for a daemon to start too:\n"
        "exit status 3 only if none does.\n",
};

const char *usage_note(const struct command *command)
{
    return notes[command->id] != NULL ? notes[command->id] : "";
}

static void print_argument(FILE *out, const struct argument *argument)
{
    (void)fputs(argument->option, out);
    if (argument->option[0] != '\0' && argument->placeholder[0] != '\0')
        (void)fputc(' ', out);
    (void)fputs(argument->placeholder, out);
    if (CREDD_KIND_REPEATS(argument->kind))
        (void)fputs("...", out);
}

void usage_arguments(FILE *out, const struct command *command, usage_argument *print)
{
    const struct argument *argument;
    bool either = false;
    for (size_t i = 0; (argument = argument_of(command->id, i)) != NULL; i++) {
        bool optional = argument->need == CREDD_NEED_OPTIONAL;
        bool again = either && argument->need == CREDD_NEED_EITHER;
        (void)fputs(optional ? " [" : again ? " | " : " ", out);
        print(out, argument);
        (void)fputs(optional ? "]" : "", out);
        either = argument->need == CREDD_NEED_EITHER;
    }
    (void)fputc('\n', out);
}

static void print_synopsis(FILE *out, const struct command *command)
{
    (void)fprintf(out, "credctl %s", command->word);
    usage_arguments(out, command, print_argument);
}

void usage_synopsis(FILE *out, const struct command *command)
{
    (void)fputs("Usage: ", out);
    print_synopsis(out, command);
}

static void print_line(FILE *out, int column, const char *option, const char *placeholder,
                       const char *help)
{
    int used = fprintf(out, "  %s%s%s", option,
                       option[0] != '\0' && placeholder[0] != '\0' ? " " : "", placeholder);
    (void)fprintf(out, "%*s%s\n", used < column ? column - used : 1, "", help);
}

static void print_options(FILE *out)
{
    (void)fputs("\nOptions, before or after the command:\n", out);
    for (int i = 0; i < OPTION_COUNT; i++)
        print_line(out, OPTION_COLUMN, options[i].option, options[i].placeholder, options[i].help);
}

static void help_of(FILE *out, const struct command *command)
{
    const struct argument *argument;
    usage_synopsis(out, command);
    (void)fprintf(out, "\n%s: %s.\n", command->word, command->help);
    (void)fputs(usage_note(command), out);
    if (command->changes)
        (void)fputs("Allowed for root, the daemon's own user and members of its group.\n", out);
    for (size_t i = 0; (argument = argument_of(command->id, i)) != NULL; i++) {
        (void)fputs(i == 0 ? "\n" : "", out);
        print_line(out, OPTION_COLUMN, argument->option, argument->placeholder, argument->help);
    }
    print_options(out);
}

static void help_all(FILE *out)
{
    (void)fputs("Usage: credctl [OPTION...] COMMAND [ARGUMENT...]\n\n"
                "Control credd, which keeps a demo credit-risk database alive.\n\nCommands:\n",
                out);
    for (int i = 0; i < CREDD_COMMAND_COUNT; i++)
        print_line(out, COMMAND_COLUMN, commands[i].word, "", commands[i].help);
    print_line(out, COMMAND_COLUMN, "help", "", "show this help, or help on COMMAND");
    print_options(out);
    (void)fputs("\nExit status: 0 success, 1 refused, failed or with findings, 2 usage error,\n"
                "3 no daemon answers, 4 not allowed, 5 timed out.\n",
                out);
}

void usage_help(FILE *out, const struct command *command)
{
    if (command != NULL)
        help_of(out, command);
    else
        help_all(out);
}

/* How many characters two words share at their beginning. */
static size_t shared(const char *a, const char *b)
{
    size_t count = 0;
    while (a[count] != '\0' && a[count] == b[count])
        count++;
    return count;
}

const struct command *usage_near(const char *word)
{
    const struct command *near = NULL;
    for (int i = 0; i < CREDD_COMMAND_COUNT; i++) {
        if (shared(word, commands[i].word) >= 3 &&
            (near == NULL || shared(word, commands[i].word) > shared(word, near->word)))
            near = &commands[i];
    }
    return near;
}
