#include "grammar.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "usage.h"

/* The length of the option's name in "--name=value", "--name", "-nvalue", "-n". */
static size_t name_length(const char *word)
{
    return word[1] == '-' ? strcspn(word, "=") : 2;
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

static bool names(const char *option, const char *word)
{
    size_t length = name_length(word);
    return strlen(option) == length && strncmp(option, word, length) == 0;
}

bool option_takes_value(const char *word)
{
    if (!is_option(word) || word[name_length(word)] != '\0')
        return false;
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (names(options[i].option, word))
            return options[i].placeholder[0] != '\0';
    }
    const struct argument *argument;
    for (int i = 0; i < CREDD_COMMAND_COUNT; i++) {
        for (size_t j = 0; (argument = argument_of(commands[i].id, j)) != NULL; j++)
            if (names(argument->option, word))
                return argument_takes_value(argument);
    }
    return false;
}

/* --- values --- */

static bool read_number(const char *text, long long *ret_number)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || text[0] < '0' || text[0] > '9')
        return false;
    *ret_number = number;
    return true;
}

/* Seconds, with a fraction if need be. */
static bool read_timeout(const char *text, int *ret_ms)
{
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !(seconds > 0 && seconds <= 1e6))
        return false;
    *ret_ms = (int)(seconds * 1000);
    return true;
}

static bool read_format(const char *text, enum format *ret_format)
{
    static const char *const formats[] = {"json", "jsonl", "csv"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, formats[i]) == 0) {
            *ret_format = (enum format)i;
            return true;
        }
    }
    return false;
}

static json_t *value_of(const struct argument *argument, const char *text)
{
    long long number;
    if (argument->kind == CREDD_KIND_NUMBER)
        return read_number(text, &number) ? json_integer(number) : NULL;
    return json_string(text);
}

static bool wrong(const struct command *command, const struct argument *argument, const char *text)
{
    const char *name = argument->option[0] != '\0' ? argument->option : argument->placeholder;
    const char *kind = argument->kind == CREDD_KIND_NUMBER   ? "a whole number from 0 on"
                       : argument->kind == CREDD_KIND_FORMAT ? "json, jsonl or csv"
                                                             : "text in UTF-8";
    return usage_wrong(command, "%s: \"%s\" is not %s", name, text, kind);
}

static bool put_streams(struct invocation *invocation, const struct argument *argument,
                        const char *text)
{
    json_t *list = json_object_get(invocation->parameters, argument->name);
    json_t *name = json_string(text);
    if (name == NULL)
        return wrong(invocation->command, argument, text);
    if (list == NULL) {
        list = json_array();
        (void)json_object_set_new(invocation->parameters, argument->name, list);
    }
    (void)json_array_append_new(list, name);
    return true;
}

/* `text` is NULL for what takes no value. */
static bool put(struct invocation *invocation, const struct argument *argument, const char *text)
{
    json_t *value;
    switch (argument->kind) {
    case CREDD_KIND_CONFIRM: invocation->yes = true; return true;
    case CREDD_KIND_FILE: invocation->file = text; return true;
    case CREDD_KIND_FORMAT:
        return read_format(text, &invocation->format) || wrong(invocation->command, argument, text);
    case CREDD_KIND_STREAMS: return put_streams(invocation, argument, text);
    case CREDD_KIND_FLAG: value = json_true(); break;
    default: value = value_of(argument, text); break;
    }
    if (value == NULL)
        return wrong(invocation->command, argument, text);
    if (json_object_get(invocation->parameters, argument->name) != NULL) {
        json_decref(value);
        return usage_wrong(invocation->command, "%s is given twice",
                           argument->option[0] != '\0' ? argument->option : argument->placeholder);
    }
    (void)json_object_set_new(invocation->parameters, argument->name, value);
    return true;
}

/* --- words
 * ------------------------------------------------------------------------------------------ */

struct reader {
    int argc;
    char **argv;
    int at;
    bool only_words; /* after "--" */
    size_t positional;
    struct invocation *invocation;
};

static bool put_timeout(struct invocation *invocation, const char *value)
{
    invocation->has_timeout = true;
    return (value != NULL && read_timeout(value, &invocation->timeout_ms)) ||
           usage_wrong(invocation->command, "--timeout: \"%s\" is not a number of seconds", value);
}

/* It becomes part of a path; systemd's names hold neither. */
static bool put_instance(struct invocation *invocation, const char *value)
{
    invocation->instance = value;
    return (value != NULL && value[0] != '\0' && strchr(value, '/') == NULL) ||
           usage_wrong(invocation->command, "--instance: \"%s\" is not an instance's name", value);
}

static bool put_option(struct reader *reader, enum option_id id, const char *value)
{
    struct invocation *invocation = reader->invocation;
    switch (id) {
    case OPTION_SOCKET: invocation->socket = value; break;
    case OPTION_INSTANCE: return put_instance(invocation, value);
    case OPTION_JSON: invocation->json = true; break;
    case OPTION_HELP: invocation->help = true; break;
    case OPTION_VERSION: invocation->version = true; break;
    case OPTION_TIMEOUT: return put_timeout(invocation, value);
    case OPTION_COUNT: break;
    }
    return true;
}

/* The value of the option at hand: behind "=", in the same word of "-n5", or the next word. */
static bool take_value(struct reader *reader, bool wanted, const char **ret_value)
{
    const char *word = reader->argv[reader->at];
    const char *rest = word + name_length(word);
    int length = (int)name_length(word);
    if (!wanted && rest[0] != '\0')
        return usage_wrong(reader->invocation->command, "%.*s takes no value", length, word);
    *ret_value = NULL;
    if (!wanted)
        return true;
    if (rest[0] != '\0')
        *ret_value = rest[0] == '=' ? rest + 1 : rest;
    else if (reader->at + 1 < reader->argc)
        *ret_value = reader->argv[++reader->at];
    return *ret_value != NULL || usage_wrong(reader->invocation->command, "%s needs a value", word);
}

static bool read_option(struct reader *reader)
{
    const char *word = reader->argv[reader->at];
    const struct command *command = reader->invocation->command;
    const struct argument *argument;
    const char *value = NULL;
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (names(options[i].option, word))
            return take_value(reader, options[i].placeholder[0] != '\0', &value) &&
                   put_option(reader, (enum option_id)i, value);
    }
    for (size_t i = 0; command != NULL && (argument = argument_of(command->id, i)) != NULL; i++) {
        if (names(argument->option, word))
            return take_value(reader, argument_takes_value(argument), &value) &&
                   put(reader->invocation, argument, value);
    }
    return usage_wrong(command, "unknown option %s", word);
}

static const struct argument *positional_of(enum credd_command command, size_t index)
{
    const struct argument *argument;
    for (size_t i = 0; (argument = argument_of(command, i)) != NULL; i++) {
        if (argument->option[0] == '\0' && index-- == 0)
            return argument;
    }
    return NULL;
}

static bool read_positional(struct reader *reader)
{
    const struct command *command = reader->invocation->command;
    const char *word = reader->argv[reader->at];
    const struct argument *argument = positional_of(command->id, reader->positional);
    if (argument == NULL)
        return usage_wrong(command, "what is \"%s\"? %s%s", word, command->word,
                           reader->positional > 0
                               ? " takes no more words (quote what belongs together)"
                               : " takes no words");
    if (argument->kind != CREDD_KIND_STREAMS)
        reader->positional++;
    return put(reader->invocation, argument, word);
}

/* The index of the command's word: the first that is neither an option nor an option's value. 0:
 * none. */
static int command_index(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!is_option(argv[i]))
            return i;
        if (strcmp(argv[i], "--") == 0)
            return i + 1 < argc ? i + 1 : 0;
        if (option_takes_value(argv[i]))
            i++;
    }
    return 0;
}

static bool is_given(const struct invocation *invocation, const struct argument *argument)
{
    return json_object_get(invocation->parameters, argument->name) != NULL;
}

static bool check_needs(const struct invocation *invocation)
{
    const struct argument *argument, *either[2] = {NULL, NULL};
    int eithers = 0;
    for (size_t i = 0; (argument = argument_of(invocation->command->id, i)) != NULL; i++) {
        if (argument->need == CREDD_NEED_REQUIRED && !is_given(invocation, argument))
            return usage_wrong(invocation->command, "%s is missing", argument->placeholder);
        if (argument->need == CREDD_NEED_EITHER) {
            either[either[0] != NULL] = argument;
            eithers += is_given(invocation, argument);
        }
    }
    if (either[1] == NULL || eithers == 1)
        return true;
    return usage_wrong(invocation->command, "%s %s or %s %s", eithers == 0 ? "say" : "say either",
                       either[0]->placeholder, either[1]->option, either[1]->placeholder);
}

static bool check_export(const struct invocation *invocation)
{
    if (invocation->command->id != CREDD_COMMAND_EXPORT || invocation->format != FORMAT_CSV)
        return true;
    size_t tables = json_array_size(json_object_get(invocation->parameters, "tables"));
    return tables == 1 || usage_wrong(invocation->command, "--format csv takes exactly one TABLE");
}

static bool read_words(struct reader *reader, int command_at)
{
    for (reader->at = 1; reader->at < reader->argc; reader->at++) {
        const char *word = reader->argv[reader->at];
        bool good = true;
        if (!reader->only_words && strcmp(word, "--") == 0)
            reader->only_words = true;
        else if (!reader->only_words && is_option(word))
            good = read_option(reader);
        else if (reader->at != command_at)
            good = read_positional(reader);
        if (!good)
            return false;
    }
    return true;
}

bool grammar_read(int argc, char **argv, struct invocation *ret_invocation)
{
    struct invocation invocation = {.parameters = json_object()};
    struct reader reader = {.argc = argc, .argv = argv, .invocation = &invocation};
    int at = command_index(argc, argv);
    invocation.command = at > 0 ? command_find(argv[at]) : NULL;
    bool good = true;
    if (at > 0 && invocation.command == NULL) {
        (void)usage_unknown(argv[at]);
        good = false;
    }
    good = good && read_words(&reader, at);
    if (good && !invocation.help && !invocation.version && invocation.command != NULL)
        good = check_needs(&invocation) && check_export(&invocation);
    if (!good) {
        invocation_done(&invocation);
        return false;
    }
    *ret_invocation = invocation;
    return true;
}

void invocation_done(struct invocation *invocation)
{
    json_decref(invocation->parameters);
    invocation->parameters = NULL;
}
