/* main.c - the command line of credd: read it, check it, and hand over to the daemon. */
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/calendar_command.h"
#include "daemon.h"
#include "service/journal.h"
#include "service/passed.h"

enum { OPTION_CHECK = 256, OPTION_CALENDAR, OPTION_FROM, OPTION_TIMEZONE, OPTION_EXAMPLE };

struct command_line {
    struct config_source source;
    const char **sets;
    bool check, example;
    const char *calendar, *from, *timezone;
    int runs;
};

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"set", required_argument, NULL, 's'},
    {"check-config", no_argument, NULL, OPTION_CHECK},
    {"example-config", no_argument, NULL, OPTION_EXAMPLE},
    {"calendar", required_argument, NULL, OPTION_CALENDAR},
    {"from", required_argument, NULL, OPTION_FROM},
    {"timezone", required_argument, NULL, OPTION_TIMEZONE},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void print_help(FILE *out)
{
    (void)fputs(
        "credd keeps a demo credit-risk database alive. It runs in the foreground; credctl "
        "controls "
        "it.\n"
        "\n"
        "Usage: credd [--config FILE] [--set SECTION.KEY=VALUE]…\n"
        "       credd --check-config [--config FILE] [--set SECTION.KEY=VALUE]…\n"
        "       credd --calendar EXPRESSION [-n N] [--from TIME] [--timezone ZONE]\n"
        "\n"
        "  -c, --config FILE     read FILE and FILE.d/*.conf instead of /etc/credd/credd.conf\n"
        "  -s, --set S.K=VALUE   override files and environment, such as --set clock.speed=60\n"
        "      --check-config    check the configuration, list all mistakes, and exit with\n"
        "                        status 0 or 78\n"
        "      --example-config  print a configuration file with all keys at their defaults\n"
        "      --calendar EXPR   print when a schedule elapses next, in RFC 3339, UTC\n"
        "  -n N                  with --calendar: print the next N times (1)\n"
        "      --from TIME       with --calendar: start from TIME instead of now\n"
        "      --timezone ZONE   with --calendar: the zone of expressions that name none\n"
        "  -V, --version         print the version\n"
        "  -h, --help            print this help\n"
        "\n"
        "Without a configuration file the database is an SQLite file in the state directory.\n"
        "See credd(8) and credd.conf(5).\n",
        out);
}

static int usage(const char *text)
{
    (void)fprintf(stderr, "credd: %s; see 'credd --help'\n", text);
    return DAEMON_EXIT_USAGE;
}

/* What getopt_long() stumbled over. */
static int wrong_option(char **argv, bool lacks_value)
{
    char letter[3] = {'-', (char)optopt, '\0'};
    bool known = optopt != 0 && optopt < 256 && !lacks_value;
    (void)fprintf(stderr, "credd: %s '%s'%s; see 'credd --help'\n",
                  lacks_value ? "option" : "unknown option", known ? letter : argv[optind - 1],
                  lacks_value ? " needs a value" : "");
    return DAEMON_EXIT_USAGE;
}

static bool read_number(const char *text, int *ret_number)
{
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 0 || number > 1000000)
        return false;
    *ret_number = (int)number;
    return true;
}

static void add_set(struct command_line *line, const char *set)
{
    line->sets = mem_grow((void *)line->sets, line->source.set_count + 1, sizeof *line->sets);
    line->sets[line->source.set_count++] = set;
    line->source.sets = line->sets;
}

static void print_mistake(void *context, const char *text)
{
    (void)context;
    (void)fprintf(stderr, "%s\n", text);
}

/* -1: go on; else the exit status. */
static int read_command_line(int argc, char **argv, struct command_line *line)
{
    int option;
    while ((option = getopt_long(argc, argv, ":c:s:n:Vh", options, NULL)) != -1) {
        switch (option) {
        case 'c': line->source.file = optarg; break;
        case 's': add_set(line, optarg); break;
        case 'n':
            if (!read_number(optarg, &line->runs))
                return usage("-n must be a whole number from 0 to 1000000");
            break;
        case OPTION_CHECK:
            line->check = line->source.check_only = true;
            line->source.mistake = print_mistake;
            break;
        case OPTION_EXAMPLE: line->example = true; break;
        case OPTION_CALENDAR: line->calendar = optarg; break;
        case OPTION_FROM: line->from = optarg; break;
        case OPTION_TIMEZONE: line->timezone = optarg; break;
        case 'V': (void)printf("credd %s\n", CREDD_VERSION); return DAEMON_EXIT_OK;
        case 'h': print_help(stdout); return DAEMON_EXIT_OK;
        default: return wrong_option(argv, option == ':');
        }
    }
    return optind < argc ? usage("too many arguments") : -1;
}

static int show_calendar(const struct command_line *line)
{
    struct fault fault;
    int printed = 0;
    if (calendar_command(line->calendar, line->runs, line->from, line->timezone, stdout, &printed,
                         &fault) < 0) {
        (void)fprintf(stderr, "credd: %s\n", fault.text);
        return DAEMON_EXIT_FAILED;
    }
    if (printed < line->runs)
        (void)fprintf(stderr, "credd: '%s' %s elapses%s\n", line->calendar,
                      printed == 0 ? "never" : "no longer", printed == 0 ? "" : " after that");
    return DAEMON_EXIT_OK;
}

static int print_example(void)
{
    char *text = config_example();
    (void)fputs(text, stdout);
    free(text);
    return DAEMON_EXIT_OK;
}

static void tell_bad(const char *why)
{
    struct journal *journal = journal_new();
    journal_say(journal, MESSAGE_CONFIG_BAD, NULL, "%s", why);
    journal_free(journal);
}

static int serve(const struct command_line *line)
{
    struct fault fault = {.text = ""};
    struct config *config = NULL;
    struct daemon *daemon = NULL;
    int result = config_load(&line->source, &config, &fault);
    if (result < 0 && !line->check) {
        tell_bad(fault.text);
        passed_turn_away();
    }
    if (result < 0)
        return DAEMON_EXIT_CONFIG;
    if (line->check) {
        (void)puts("the configuration is valid");
        config_free(config);
        return DAEMON_EXIT_OK;
    }
    result = daemon_new(&line->source, config, &daemon);
    if (result == 0)
        result = daemon_run(daemon);
    daemon_free(daemon);
    libevent_global_shutdown();
    return result < 0 ? DAEMON_EXIT_FAILED : DAEMON_EXIT_OK;
}

int main(int argc, char **argv)
{
    struct command_line line = {.runs = 1};
    int status = read_command_line(argc, argv, &line);
    if (status < 0)
        status = line.calendar != NULL ? show_calendar(&line)
                 : line.example        ? print_example()
                                       : serve(&line);
    free((void *)line.sets);
    return status;
}
