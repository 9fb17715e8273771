#include "config/names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SECTIONS "[clock], [world], [database], [stream NAME], [table NAME], [control], [web]"
#define LIST_MAX 512
#define WORD_MAX 48

static const char *const sections[] = {"clock", "world",   "database", "stream",
                                       "table", "control", "web"};
/* Of these there is one for each stream. */
static const char *const repeated[] = {"stream", "table"};

/* Names close to each other, one of which may be what was meant. */
struct nearest {
    const char *name;
    unsigned distance;
};

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned two = a < b ? a : b;
    return two < c ? two : c;
}

/* How many letters have to be put in, left out or changed; of words of less than WORD_MAX. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX];
    size_t width = strlen(b);
    for (unsigned j = 0; j <= width; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1] != '\0'; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            unsigned above = row[j];
            unsigned change = diagonal + (a[i - 1] != b[j - 1]);
            row[j] = least(above + 1, row[j - 1] + 1, change);
            diagonal = above;
        }
    }
    return row[width];
}

static void consider(struct nearest *nearest, const char *found, const char *name)
{
    size_t length = strlen(found);
    if (length >= WORD_MAX || strlen(name) >= WORD_MAX)
        return;
    unsigned limit = length < 4 ? 1 : (unsigned)length / 3;
    bool begun = length >= 3 && strncmp(found, name, length) == 0;
    unsigned d = begun ? 0 : distance(found, name);
    if (d <= limit && (nearest->name == NULL || d < nearest->distance))
        *nearest = (struct nearest){name, d};
}

static void add_name(char list[LIST_MAX], const char *name)
{
    size_t used = strlen(list);
    (void)snprintf(list + used, LIST_MAX - used, "%s%s", used > 0 ? ", " : "", name);
}

/* " (did you mean "speed"?)", or nothing. */
static const char *hint(const struct nearest *nearest, char buffer[WORD_MAX + 24])
{
    buffer[0] = '\0';
    if (nearest->name != NULL)
        (void)snprintf(buffer, WORD_MAX + 24, " (did you mean \"%s\"?)", nearest->name);
    return buffer;
}

const char *plain(const char *text, char buffer[QUOTE_MAX])
{
    size_t used = 0;
    for (; *text != '\0' && used < QUOTE_MAX - 6; text++)
        buffer[used++] = *text >= ' ' && *text < 127 ? *text : '?';
    (void)snprintf(buffer + used, QUOTE_MAX - used, "%s", *text != '\0' ? "..." : "");
    return buffer;
}

const char *quote(const char *text, char buffer[QUOTE_MAX])
{
    char inside[QUOTE_MAX];
    (void)snprintf(buffer, QUOTE_MAX, "\"%.*s\"", QUOTE_MAX - 3, plain(text, inside));
    return buffer;
}

static int unknown_stream(const char *kind, const char *name, struct fault *fault)
{
    char list[LIST_MAX] = "", quoted[QUOTE_MAX], text[WORD_MAX + 24];
    struct nearest nearest = {0};
    for (int i = 0; i < STREAM_COUNT; i++) {
        const char *stream = stream_info((enum stream_id)i)->name;
        consider(&nearest, name, stream);
        add_name(list, stream);
    }
    return fault_set(fault, -ENOENT, "[%s]: found an unknown %s %s%s, allowed: %s", kind, kind,
                     quote(name, quoted), hint(&nearest, text), list);
}

static int unknown_section(const char *section, struct fault *fault)
{
    char quoted[QUOTE_MAX], text[WORD_MAX + 24], full[WORD_MAX];
    struct nearest nearest = {0};
    enum stream_id stream = STREAM_CUSTOMERS;
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        consider(&nearest, section, sections[i]);
    if (stream_by_name(section, &stream) == 0) {
        (void)snprintf(full, sizeof full, "stream %s", section);
        nearest.name = full;
    }
    return fault_set(fault, -ENOENT, "found an unknown section %s%s, allowed: " SECTIONS,
                     quote(section, quoted), hint(&nearest, text));
}

/* The section as the key table has it, and its stream. */
static int find_section(const char *section, const char **ret_table, enum stream_id *ret_stream,
                        struct fault *fault)
{
    for (size_t i = 0; i < sizeof repeated / sizeof repeated[0]; i++) {
        size_t length = strlen(repeated[i]);
        if (strncmp(section, repeated[i], length) != 0 ||
            (section[length] != ' ' && section[length] != '\0'))
            continue;
        const char *name = section + length + (section[length] == ' ' ? 1 : 0);
        if (stream_by_name(name, ret_stream) < 0)
            return unknown_stream(repeated[i], name, fault);
        *ret_table = repeated[i];
        return 0;
    }
    for (size_t i = 0; i < KEY_STREAM_FIRST; i++)
        if (strcmp(section, config_key_table[i].section) == 0) {
            *ret_table = config_key_table[i].section;
            return 0;
        }
    return unknown_section(section, fault);
}

int name_section(const char *section, struct fault *fault)
{
    const char *table = "";
    enum stream_id stream = STREAM_CUSTOMERS;
    return find_section(section, &table, &stream, fault);
}

/* What was meant, or where a key of that name belongs. */
static const char *key_hint(const struct nearest *nearest, const char *name,
                            char buffer[WORD_MAX + 24])
{
    (void)hint(nearest, buffer);
    for (size_t i = 0; i < KEY_COUNT && nearest->name == NULL; i++)
        if (strcmp(config_key_table[i].name, name) == 0) {
            bool stream = i >= KEY_STREAM_FIRST;
            (void)snprintf(buffer, WORD_MAX + 24, " (it belongs to [%s%s])",
                           config_key_table[i].section, stream ? " NAME" : "");
            break;
        }
    return buffer;
}

static int unknown_key(const char *section, const char *table, const char *name,
                       struct fault *fault)
{
    char list[LIST_MAX] = "", full[QUOTE_MAX], shown[QUOTE_MAX], text[WORD_MAX + 24];
    struct nearest nearest = {0};
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const struct config_key *key = &config_key_table[i];
        if (strcmp(key->section, table) != 0 || key->secret)
            continue;
        consider(&nearest, name, key->name);
        add_name(list, key->name);
    }
    (void)snprintf(full, sizeof full, "%s.%s", section, name);
    return fault_set(fault, -ENOENT, "%s: found an unknown key%s, allowed: %s", plain(full, shown),
                     key_hint(&nearest, name, text), list);
}

int name_slot(const char *section, const char *name, size_t *ret_slot, struct fault *fault)
{
    const char *table = "";
    enum stream_id stream = STREAM_CUSTOMERS;
    int r = find_section(section, &table, &stream, fault);
    if (r < 0)
        return r;
    for (int i = 0; i < KEY_COUNT; i++) {
        const struct config_key *key = &config_key_table[i];
        if (strcmp(key->section, table) == 0 && strcmp(key->name, name) == 0) {
            *ret_slot = slot_of((enum key_id)i, stream);
            return 0;
        }
    }
    return unknown_key(section, table, name, fault);
}

const char *name_of(size_t slot, char buffer[NAME_MAX_LENGTH])
{
    char section[SECTION_MAX];
    (void)snprintf(buffer, NAME_MAX_LENGTH, "%s.%s", slot_section(slot, section),
                   slot_key(slot)->name);
    return buffer;
}
