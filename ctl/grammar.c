#include "grammar.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

bool invocation_wrong(struct invocation *invocation, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(invocation->wrong, sizeof invocation->wrong, format, args);
    va_end(args);
    return false;
}

bool invocation_has(const struct invocation *invocation, const char *name)
{
    return json_object_get(invocation->switches, name) != NULL ||
           json_is_true(json_object_get(invocation->parameters, name));
}

void invocation_done(struct invocation *invocation)
{
    json_decref(invocation->parameters);
    json_decref(invocation->switches);
    invocation->parameters = invocation->switches = NULL;
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

/* "30", "0.5", "90s", "1h 30min": terms of a number and a unit, seconds without one. */
static bool read_timeout(const char *text, int *ret_ms)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"", 1},     {"s", 1},  {"sec", 1},  {"ms", 0.001},
                 {"min", 60}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    double sum = 0;
    while (*text != '\0') {
        char *end;
        double number = strtod(text, &end);
        const char *unit = end + strspn(end, " ");
        size_t i = 0, length = strspn(unit, "abcdefghijklmnopqrstuvwxyz");
        while (i < sizeof units / sizeof units[0] &&
               (strlen(units[i].name) != length || strncmp(units[i].name, unit, length) != 0))
            i++;
        if (end == text || !(number >= 0) || i == sizeof units / sizeof units[0])
            return false;
        sum += number * units[i].seconds;
        text = unit + length + strspn(unit + length, " ");
    }
    *ret_ms = (int)(sum <= 1e6 ? sum * 1000 : 0);
    return *ret_ms > 0;
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

static bool wrong(struct invocation *invocation, const struct argument *argument, const char *text)
{
    const char *name = argument->option[0] != '\0' ? argument->option : argument->placeholder;
    const char *kind = argument->kind == CREDD_KIND_NUMBER   ? "a non-negative whole number"
                       : argument->kind == CREDD_KIND_FORMAT ? "one of json, jsonl and csv"
                                                             : "text in UTF-8";
    return invocation_wrong(invocation, "%s: \"%s\" is not %s", name, text, kind);
}

static bool put_streams(struct invocation *invocation, const struct argument *argument,
                        const char *text)
{
    json_t *list = json_object_get(invocation->parameters, argument->name);
    json_t *name = json_string(text);
    if (name == NULL)
        return wrong(invocation, argument, text);
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
    case CREDD_KIND_SWITCH:
        (void)json_object_set_new(invocation->switches, argument->name, json_true());
        return true;
    case CREDD_KIND_FILE: invocation->file = text; return true;
    case CREDD_KIND_FORMAT:
        return read_format(text, &invocation->format) || wrong(invocation, argument, text);
    case CREDD_KIND_STREAMS:
    case CREDD_KIND_TABLES: return put_streams(invocation, argument, text);
    case CREDD_KIND_FLAG: value = json_true(); break;
    default: value = value_of(argument, text); break;
    }
    if (value == NULL)
        return wrong(invocation, argument, text);
    if (json_object_get(invocation->parameters, argument->name) != NULL) {
        json_decref(value);
        return invocation_wrong(invocation, "%s is given twice",
                                argument->option[0] != '\0' ? argument->option
                                                            : argument->placeholder);
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
    int command_at, help_at; /* 0: none */
    bool only_words;         /* after "--" */
    size_t positional;
    struct invocation *invocation;
};

static bool put_timeout(struct invocation *invocation, const char *value)
{
    invocation->has_timeout = true;
    return (value != NULL && read_timeout(value, &invocation->timeout_ms)) ||
           invocation_wrong(invocation, "--timeout: \"%s\" is not a time span such as 30 or 5min",
                            value);
}

/* It becomes part of a path; systemd's names hold neither. */
static bool put_instance(struct invocation *invocation, const char *value)
{
    invocation->instance = value;
    return (value != NULL && value[0] != '\0' && strchr(value, '/') == NULL) ||
           invocation_wrong(invocation, "--instance: \"%s\" is not an instance name", value);
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
        return invocation_wrong(reader->invocation, "%.*s takes no value", length, word);
    *ret_value = NULL;
    if (!wanted)
        return true;
    if (rest[0] != '\0')
        *ret_value = rest[0] == '=' ? rest + 1 : rest;
    else if (reader->at + 1 < reader->argc)
        *ret_value = reader->argv[++reader->at];
    return *ret_value != NULL || invocation_wrong(reader->invocation, "%s needs a value", word);
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
    return invocation_wrong(reader->invocation, "unknown option %s", word);
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
    if (command == NULL)
        return invocation_wrong(reader->invocation, "unknown argument \"%s\"", word);
    const struct argument *argument = positional_of(command->id, reader->positional);
    if (argument == NULL)
        return invocation_wrong(
            reader->invocation, "unexpected argument \"%s\": %s%s", word, command->word,
            reader->positional > 0 ? " takes no more arguments (quote an argument with spaces)"
                                   : " takes no arguments");
    if (!CREDD_KIND_REPEATS(argument->kind))
        reader->positional++;
    return put(reader->invocation, argument, word);
}

/* The index of the first word from `from` on that is neither an option nor an option's value. 0:
 * none. */
static int word_index(int argc, char **argv, int from)
{
    for (int i = from; i < argc; i++) {
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

static bool check_needs(struct invocation *invocation)
{
    const struct argument *argument, *either[2] = {NULL, NULL};
    int eithers = 0;
    for (size_t i = 0; (argument = argument_of(invocation->command->id, i)) != NULL; i++) {
        if (argument->need == CREDD_NEED_REQUIRED && !is_given(invocation, argument))
            return invocation_wrong(invocation, "%s is missing", argument->placeholder);
        if (argument->need == CREDD_NEED_EITHER) {
            either[either[0] != NULL] = argument;
            eithers += is_given(invocation, argument);
        }
    }
    if (either[1] == NULL || eithers == 1)
        return true;
    return invocation_wrong(
        invocation, eithers == 0 ? "%s or %s %s is missing" : "give either %s or %s %s, not both",
        either[0]->placeholder, either[1]->option, either[1]->placeholder);
}

static bool is_folder(const char *path)
{
    struct stat there;
    size_t length = strlen(path);
    return (length > 0 && path[length - 1] == '/') ||
           (stat(path, &there) == 0 && S_ISDIR(there.st_mode));
}

/* Export has formats of its own; --json prints what the daemon says, row by row. */
static bool check_export(struct invocation *invocation)
{
    if (invocation->command->id != CREDD_COMMAND_EXPORT)
        return true;
    if (invocation->json && (invocation->file != NULL || invocation->format != FORMAT_JSON))
        return invocation_wrong(invocation,
                                "--json cannot be combined with %s: it prints the daemon's replies "
                                "on standard output",
                                invocation->file != NULL ? "-o" : "--format");
    size_t tables = json_array_size(json_object_get(invocation->parameters, "tables"));
    const char *file = invocation->file;
    if (invocation->format != FORMAT_CSV)
        return true;
    invocation->folder = file != NULL && strcmp(file, "-") != 0 && (tables != 1 || is_folder(file));
    return tables == 1 || invocation->folder ||
           invocation_wrong(invocation,
                            "--format csv needs exactly one TABLE, or -o DIRECTORY for several");
}

/* `status --check` asks once. */
static bool check_status(struct invocation *invocation)
{
    return !invocation_has(invocation, "check") || !invocation_has(invocation, "watch") ||
           invocation_wrong(invocation, "--check and --watch cannot be combined");
}

static bool read_words(struct reader *reader)
{
    for (reader->at = 1; reader->at < reader->argc; reader->at++) {
        const char *word = reader->argv[reader->at];
        bool good = true;
        if (!reader->only_words && strcmp(word, "--") == 0)
            reader->only_words = true;
        else if (!reader->only_words && is_option(word))
            good = read_option(reader);
        else if (reader->at != reader->command_at && reader->at != reader->help_at)
            good = read_positional(reader);
        if (!good)
            return false;
    }
    return true;
}

/* Whether --json is given, wherever it stands: how what is wrong is told depends on it. */
static bool gives_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], options[OPTION_JSON].option) == 0)
            return true;
        if (option_takes_value(argv[i]))
            i++;
    }
    return false;
}

static bool unknown_command(struct invocation *invocation, const char *word)
{
    const struct command *near = usage_near(word);
    if (near == NULL)
        return invocation_wrong(invocation, "unknown command \"%s\"", word);
    return invocation_wrong(invocation, "unknown command \"%s\"; did you mean %s?", word,
                            near->word);
}

/* "help" is no command of the daemon's: the next word is the one that it is about. */
static bool read_command(struct reader *reader)
{
    int at = word_index(reader->argc, reader->argv, 1);
    if (at > 0 && strcmp(reader->argv[at], "help") == 0) {
        reader->invocation->help = true;
        reader->help_at = at;
        at = word_index(reader->argc, reader->argv, at + 1);
    }
    reader->command_at = at;
    bool again = reader->help_at > 0 && at > 0 && strcmp(reader->argv[at], "help") == 0;
    reader->invocation->command = at > 0 ? command_find(reader->argv[at]) : NULL;
    return at == 0 || again || reader->invocation->command != NULL ||
           unknown_command(reader->invocation, reader->argv[at]);
}

bool grammar_read(int argc, char **argv, struct invocation *ret_invocation)
{
    struct invocation *invocation = ret_invocation;
    *invocation = (struct invocation){
        .parameters = json_object(), .switches = json_object(), .json = gives_json(argc, argv)};
    struct reader reader = {.argc = argc, .argv = argv, .invocation = invocation};
    if (!read_command(&reader) || !read_words(&reader))
        return false;
    if (invocation->help || invocation->version || invocation->command == NULL)
        return true;
    return check_needs(invocation) && check_export(invocation) && check_status(invocation);
}
