#include "manual.h"

#include <string.h>

#include <credd/protocol.h>

#include "command.h"
#include "usage.h"

#define DIGITS(value) #value
#define NUMBER(value) DIGITS(value)

/* Text in which a hyphen is a hyphen and no line begins with a control character. */
static void print_text(FILE *out, const char *text)
{
    bool line_start = true;
    for (; *text != '\0'; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            (void)fputs("\\&", out);
        (void)fputs(*text == '-' ? "\\-" : *text == '\\' ? "\\e" : "", out);
        if (*text != '-' && *text != '\\')
            (void)fputc(*text, out);
        line_start = *text == '\n';
    }
}

static void print_word(FILE *out, const char *font, const char *word)
{
    (void)fprintf(out, "\\f%s", font);
    print_text(out, word);
    (void)fputs("\\fR", out);
}

static void print_argument(FILE *out, const struct argument *argument)
{
    if (argument->option[0] != '\0')
        print_word(out, "B", argument->option);
    if (argument->option[0] != '\0' && argument->placeholder[0] != '\0')
        (void)fputc(' ', out);
    if (argument->placeholder[0] != '\0')
        print_word(out, "I", argument->placeholder);
    (void)fputs(CREDD_KIND_REPEATS(argument->kind) ? "..." : "", out);
}

static void print_heading(FILE *out, const struct command *command)
{
    (void)fputs(".TP\n", out);
    print_word(out, "B", command->word);
    usage_arguments(out, command, print_argument);
}

static void print_command(FILE *out, const struct command *command)
{
    const struct argument *argument;
    print_heading(out, command);
    print_text(out, command->help);
    (void)fputs(".\n", out);
    print_text(out, usage_note(command));
    if (argument_of(command->id, 0) == NULL)
        return;
    (void)fputs(".RS\n", out);
    for (size_t i = 0; (argument = argument_of(command->id, i)) != NULL; i++) {
        (void)fputs(".TP\n", out);
        print_argument(out, argument);
        (void)fputc('\n', out);
        print_text(out, argument->help);
        (void)fputs(".\n", out);
    }
    (void)fputs(".RE\n", out);
}

static void print_options(FILE *out)
{
    (void)fputs(".SH OPTIONS\nBefore or after the command.\n", out);
    for (int i = 0; i < OPTION_COUNT; i++) {
        (void)fputs(".TP\n", out);
        print_word(out, "B", options[i].option);
        if (options[i].placeholder[0] != '\0') {
            (void)fputc(' ', out);
            print_word(out, "I", options[i].placeholder);
        }
        (void)fputc('\n', out);
        print_text(out, options[i].help);
        (void)fputs(".\n", out);
    }
}

static const char before[] =
    ".TH CREDCTL 1 \"\" \"credd " CREDD_VERSION "\" \"User Commands\"\n"
    ".SH NAME\n"
    "credctl \\- control credd, which keeps a demo credit\\-risk database alive\n"
    ".SH SYNOPSIS\n"
    "\\fBcredctl\\fR [\\fIOPTION\\fR...] \\fICOMMAND\\fR [\\fIARGUMENT\\fR...]\n"
    ".SH DESCRIPTION\n"
    "credctl sends commands to a running\n"
    ".BR credd (8)\n"
    "over its Unix socket and prints the replies.\n"
    "Whoever may connect to the socket may use the commands that only read;\n"
    "those that change something are reserved for root, the daemon's own user and members of its "
    "group.\n"
    "Time spans are written as in\n"
    ".BR systemd.time (7),\n"
    "such as 90s, \"1h 30min\" or 30d,\n"
    "times as 2026\\-08\\-14T10:35:12Z, or 2026\\-08\\-14 10:35 in the world's zone.\n"
    ".SH COMMANDS\n";

#define STREAMS_A_UID     NUMBER(CREDD_STREAMS_UID)
#define CONNECTIONS_A_UID NUMBER(CREDD_CONNECTIONS_UID)

static const char after[] =
    ".SH EXIT STATUS\n"
    ".IP 0\nsuccess\n"
    ".IP 1\nrefused, failed or interrupted; findings of verify, problems of adopt \\-\\-check,\n"
    "or a verdict other than FRESH of status \\-\\-check\n"
    ".IP 2\nusage error\n"
    ".IP 3\nno daemon answers\n"
    ".IP 4\nnot allowed\n"
    ".IP 5\ntimed out\n"
    ".PP\n"
    "With \\fB\\-\\-json\\fR credctl prints exactly one object on standard output, also for "
    "errors.\n"
    "An error is {\"error\": \\fINAME\\fR, \"message\": \\fITEXT\\fR}. Errors of the daemon carry "
    "the names of\n"
    "its interface, such as io.credd.Control.Refused; errors of credctl itself are\n"
    "io.credd.credctl.Usage, .NoDaemon, .NotAllowed, .TimedOut and .Failed.\n"
    "verify, export, watch and status \\-\\-watch print one object per line; the last one is the "
    "end or\nthe error.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n\\fBCREDD_SOCKET\\fR\nthe daemon's socket, unless \\fB\\-\\-socket\\fR or "
    "\\fB\\-\\-instance\\fR names one\n"
    ".TP\n\\fBNO_COLOR\\fR\nif set and not empty, disables colours on terminals\n"
    ".SH FILES\n"
    ".TP\n\\fI/run/credd/control\\fR\nthe socket of the system service\n"
    ".TP\n\\fI$XDG_RUNTIME_DIR/credd/control\\fR\n"
    "the socket of a user's own daemon, tried next; if the variable is not set,\n"
    "\\fI$XDG_STATE_HOME/credd/control\\fR or \\fI~/.local/state/credd/control\\fR\n"
    ".SH NOTES\n"
    "The protocol is Varlink, interface io.credd.Control; other Varlink clients work as well.\n"
    ".PP\n"
    "A user can have " STREAMS_A_UID
    " streams (watch, export, verify) open at a time, and " CONNECTIONS_A_UID
    " connections in all; see\n"
    "ACCESS in\n"
    ".BR credd (8).\n"
    ".SH SEE ALSO\n"
    ".BR credd (8),\n"
    ".BR credd.conf (5)\n";

void manual_print(FILE *out)
{
    (void)fputs(before, out);
    for (int i = 0; i < CREDD_COMMAND_COUNT; i++)
        print_command(out, &commands[i]);
    print_options(out);
    (void)fputs(after, out);
}
