#include "complete.h"

#include <string.h>

#include "print.h"
#include "session.h"

#define ASK_MS 500

static void offer(const char *word, const char *typed)
{
    if (strncmp(word, typed, strlen(typed)) == 0)
        (void)printf("%s\n", word);
}

/* The names of the streams are the daemon's to know. */
static void offer_streams(const char *typed)
{
    const struct invocation anywhere = {0};
    json_t *status = session_ask(&anywhere, "Status", ASK_MS);
    size_t i;
    const json_t *stream;
    json_array_foreach(json_object_get(status, "streams"), i, stream)
        offer(member_text(stream, "name"), typed);
    json_decref(status);
}

static void offer_value(enum credd_kind kind, const char *typed)
{
    if (kind == CREDD_KIND_STREAM || kind == CREDD_KIND_STREAMS) {
        offer_streams(typed);
    } else if (kind == CREDD_KIND_FORMAT) {
        offer("json", typed);
        offer("jsonl", typed);
        offer("csv", typed);
    }
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

/* The index-th word that belongs to the command; a repeating one takes all that follow. */
static void offer_positional(const struct command *command, size_t index, const char *typed)
{
    const struct argument *argument;
    for (size_t i = 0; (argument = argument_of(command->id, i)) != NULL; i++) {
        if (argument->option[0] != '\0')
            continue;
        if (argument->kind == CREDD_KIND_STREAMS || index-- == 0) {
            offer_value(argument->kind, typed);
            return;
        }
    }
}

/* What the words before the one being typed say. */
struct before {
    const struct command *command;
    const char *option; /* whose value is being typed */
    bool help;
    size_t words; /* that belong to the command */
};

static struct before read_before(int count, char **argv)
{
    struct before before = {0};
    for (int i = 0; i < count; i++) {
        bool value_follows = option_takes_value(argv[i]);
        if (value_follows && i + 1 == count)
            before.option = argv[i];
        else if (value_follows)
            i++;
        else if (argv[i][0] == '-' || before.help)
            continue;
        else if (before.command != NULL)
            before.words++;
        else if (strcmp(argv[i], "help") == 0)
            before.help = true;
        else
            before.command = command_find(argv[i]);
    }
    return before;
}

void complete_print(int argc, char **argv)
{
    if (argc < 1)
        return;
    const char *typed = argv[argc - 1];
    struct before before = read_before(argc - 1, argv);
    if (before.option != NULL) {
        const struct argument *argument = argument_named(before.command, before.option);
        if (argument != NULL)
            offer_value(argument->kind, typed);
    } else if (typed[0] == '-') {
        offer_options(before.command, typed);
    } else if (before.command == NULL) {
        offer_commands(typed);
        if (!before.help)
            offer("help", typed);
    } else {
        offer_positional(before.command, before.words, typed);
    }
}
