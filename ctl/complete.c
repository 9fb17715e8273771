#include "complete.h"

#include <glob.h>
#include <string.h>

#include "print.h"
#include "session.h"

#define ASK_MS 500

static void offer(const char *word, const char *typed)
{
    if (strncmp(word, typed, strlen(typed)) == 0)
        (void)printf("%s\n", word);
}

/* What the words before the one being typed say. */
struct before {
    const struct command *command;
    const char *option; /* whose value is being typed */
    bool help;
    size_t words;             /* that belong to the command */
    struct invocation daemon; /* the one that is meant: its socket or instance */
};

/* The names of the streams are the daemon's to know. */
static void offer_streams(const struct before *before, const char *typed)
{
    json_t *status = session_ask(&before->daemon, "Status", ASK_MS);
    size_t i;
    const json_t *stream;
    json_array_foreach(json_object_get(status, "streams"), i, stream)
        offer(member_text(stream, "name"), typed);
    json_decref(status);
}

static void offer_instances(const char *typed)
{
    static const char before[] = "/run/credd/", behind[] = "/control";
    glob_t found;
    if (glob("/run/credd/*/control", 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *name = found.gl_pathv[i] + sizeof before - 1;
        name[strlen(name) - (sizeof behind - 1)] = '\0';
        offer(name, typed);
    }
    globfree(&found);
}

/* False: a file's name. */
static bool offer_value(const struct before *before, enum credd_kind kind, const char *typed)
{
    static const char *const logs[] = {"credd_status", "credd_change"};
    if (kind == CREDD_KIND_STREAM || CREDD_KIND_REPEATS(kind)) {
        offer_streams(before, typed);
        for (size_t i = 0; kind == CREDD_KIND_TABLES && i < sizeof logs / sizeof *logs; i++)
            offer(logs[i], typed);
    } else if (kind == CREDD_KIND_FORMAT) {
        offer("json", typed);
        offer("jsonl", typed);
        offer("csv", typed);
    }
    return kind != CREDD_KIND_FILE;
}

static void offer_commands(const char *typed)
{
    for (int i = 0; i < CREDD_COMMAND_COUNT; i++)
        offer(commands[i].word, typed);
}

static void offer_options(const struct command *command, const char *typed)
{
    const struct argument *argument;
    for (size_t i = 0; command != NULL && (argument = argument_of(command->id, i)) != NULL; i++) {
        if (argument->option[0] != '\0')
            offer(argument->option, typed);
    }
    for (int i = 0; i < OPTION_COUNT; i++)
        offer(options[i].option, typed);
}

static const struct argument *argument_named(const struct command *command, const char *option)
{
    const struct argument *argument;
    for (size_t i = 0; command != NULL && (argument = argument_of(command->id, i)) != NULL; i++) {
        if (strcmp(argument->option, option) == 0 && option[0] != '\0')
            return argument;
    }
    return NULL;
}

static bool offer_option_value(const struct before *before, const char *typed)
{
    const struct argument *argument = argument_named(before->command, before->option);
    if (argument != NULL)
        return offer_value(before, argument->kind, typed);
    if (strcmp(before->option, options[OPTION_INSTANCE].option) == 0)
        offer_instances(typed);
    return strcmp(before->option, options[OPTION_SOCKET].option) != 0;
}

/* A repeating argument takes all the words that follow. */
static bool offer_positional(const struct before *before, const char *typed)
{
    const struct argument *argument;
    size_t index = before->words;
    for (size_t i = 0; (argument = argument_of(before->command->id, i)) != NULL; i++) {
        if (argument->option[0] != '\0')
            continue;
        if (CREDD_KIND_REPEATS(argument->kind) || index-- == 0)
            return offer_value(before, argument->kind, typed);
    }
    return true;
}

static void note_value(struct before *before, const char *option, const char *value)
{
    if (strcmp(option, options[OPTION_SOCKET].option) == 0)
        before->daemon.socket = value;
    else if (strcmp(option, options[OPTION_INSTANCE].option) == 0)
        before->daemon.instance = value;
}

static struct before read_before(int count, char **argv)
{
    struct before before = {0};
    for (int i = 0; i < count; i++) {
        bool value_follows = option_takes_value(argv[i]);
        if (value_follows && i + 1 == count) {
            before.option = argv[i];
        } else if (value_follows) {
            note_value(&before, argv[i], argv[i + 1]);
            i++;
        } else if (argv[i][0] == '-' || before.help) {
            continue;
        } else if (before.command != NULL) {
            before.words++;
        } else if (strcmp(argv[i], "help") == 0) {
            before.help = true;
        } else {
            before.command = command_find(argv[i]);
        }
    }
    return before;
}

bool complete_print(int argc, char **argv)
{
    if (argc < 1)
        return true;
    const char *typed = argv[argc - 1];
    struct before before = read_before(argc - 1, argv);
    if (before.option != NULL)
        return offer_option_value(&before, typed);
    if (typed[0] == '-') {
        offer_options(before.command, typed);
    } else if (before.command == NULL) {
        offer_commands(typed);
        if (!before.help)
            offer("help", typed);
    } else {
        return offer_positional(&before, typed);
    }
    return true;
}
