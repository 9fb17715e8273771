#include "config/layers.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/names.h"
#include "config/text.h"
#include "config/value.h"

struct layers *layers_new(void)
{
    struct layers *layers = MEM_NEW(struct layers);
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        const char *preset = slot_preset(i);
        layers->settings[i].text = preset != NULL ? mem_text(preset) : NULL;
        layers->settings[i].source = mem_text("default");
    }
    return layers;
}

static void setting_done(struct setting *setting)
{
    if (setting->text != NULL)
        explicit_bzero(setting->text, strlen(setting->text));
    free(setting->text);
    free(setting->source);
}

void layers_free(struct layers *layers)
{
    if (layers == NULL)
        return;
    for (size_t i = 0; i < SLOT_COUNT; i++)
        setting_done(&layers->settings[i]);
    free(layers);
}

static int value_fault(size_t slot, const char *text, const char *allowed, const char *detail,
                       struct fault *fault)
{
    char name[NAME_MAX_LENGTH], quoted[QUOTE_MAX];
    bool told = detail != NULL && detail[0] != '\0';
    return fault_set(fault, -EINVAL, "%s: found %s%s%s%s, allowed: %s", name_of(slot, name),
                     slot_key(slot)->secret ? "a password" : quote(text, quoted), told ? " (" : "",
                     told ? detail : "", told ? ")" : "", allowed);
}

int layers_fault(const struct layers *layers, size_t slot, struct fault *fault, const char *allowed,
                 const char *detail)
{
    const struct setting *setting = &layers->settings[slot];
    const char *text = setting->text != NULL ? setting->text : "";
    int r = value_fault(slot, text, allowed, detail, fault);
    (void)fault_prefix(fault, "%s", setting->source);
    return r;
}

/* Lays `text` over what the slot has, if it holds. */
static int assign(struct layers *layers, enum layer layer, size_t slot, const char *text,
                  const char *source, struct fault *fault)
{
    const struct config_key *key = slot_key(slot);
    bool lacks = text[0] == '\0' && key->may_lack;
    if (key->secret && layer != LAYER_ENVIRONMENT)
        return value_fault(slot, text, key->type, NULL, fault);
    if (!lacks) {
        struct value value = {0};
        struct fault detail = {0};
        if (value_parse(key, text, NULL, &value, &detail) < 0)
            return value_fault(slot, text, key->type, detail.text, fault);
        value_done(&value);
    }
    struct setting *setting = &layers->settings[slot];
    setting_done(setting);
    setting->text = lacks ? NULL : mem_text(text);
    setting->source = mem_text(lacks ? "default" : source);
    setting->layer = lacks ? LAYER_DEFAULT : layer;
    return 0;
}

/* One file's text on its way into the layers. */
struct file_text {
    struct layers *layers;
    const char *name;
    unsigned seen[SLOT_COUNT]; /* the line in which the slot was given, 0: not yet */
};

static int take(void *context, const char *section, const char *name, const char *value,
                unsigned line, struct fault *fault)
{
    struct file_text *file = context;
    char full[NAME_MAX_LENGTH];
    size_t slot = 0;
    int r = name_slot(section, name, &slot, fault);
    if (r < 0)
        return r;
    if (file->seen[slot] != 0)
        return fault_set(fault, -EEXIST,
                         "%s: found a second time (first in line %u), allowed: once per file",
                         name_of(slot, full), file->seen[slot]);
    file->seen[slot] = line;
    char *source = mem_format("%s:%u", file->name, line);
    r = assign(file->layers, LAYER_FILE, slot, value, source, fault);
    free(source);
    return r;
}

int layers_text(struct layers *layers, const char *name, const char *text, size_t length,
                struct fault *fault)
{
    struct file_text file = {.layers = layers, .name = name};
    return text_each(name, text, length, take, &file, &layers->mistakes, fault);
}

int layers_file(struct layers *layers, const char *file, bool may_lack, struct fault *fault)
{
    char *text = NULL;
    size_t length = 0;
    int r = text_read(file, &text, &length, fault);
    if (r == -ENOENT && may_lack)
        return 0;
    if (r == 0)
        r = layers_text(layers, file, text, length, fault);
    else
        r = mistakes_take(&layers->mistakes, r, fault);
    free(text);
    return r;
}

static int is_drop_in(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int layers_folder(struct layers *layers, const char *folder, struct fault *fault)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_drop_in, by_bytes);
    if (count < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (count < 0)
        return fault_set(fault, -errno, "%s: cannot be read: %s", folder, strerror(errno));
    int r = 0;
    for (int i = 0; i < count; i++) {
        char *file = mem_format("%s/%s", folder, entries[i]->d_name);
        if (r == 0)
            r = layers_file(layers, file, false, fault);
        free(file);
        free(entries[i]);
    }
    free(entries);
    return r;
}

int layers_environment(struct layers *layers, struct fault *fault)
{
    static const struct {
        const char *name;
        enum key_id key;
    } variables[] = {
        {"DB_HOST", KEY_HOST}, {"DB_PORT", KEY_PORT},         {"DB_NAME", KEY_NAME},
        {"DB_USER", KEY_USER}, {"DB_PASSWORD", KEY_PASSWORD},
    };
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *text = getenv(variables[i].name);
        if (text == NULL || text[0] == '\0')
            continue;
        char *source = mem_format("environment %s", variables[i].name);
        size_t slot = slot_of(variables[i].key, STREAM_CUSTOMERS);
        int r = assign(layers, LAYER_ENVIRONMENT, slot, text, source, fault);
        if (r < 0)
            (void)fault_prefix(fault, "%s", source);
        free(source);
        r = mistakes_take(&layers->mistakes, r, fault);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Without the blanks at its ends, in place. */
static char *trim(char *text)
{
    text += strspn(text, " \t\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\n", text[length - 1]) != NULL)
        length--;
    text[length] = '\0';
    return text;
}

/* `assignment` is cut to pieces. */
static int set(struct layers *layers, char *assignment, struct fault *fault)
{
    char *value = strchr(assignment, '=');
    if (value != NULL)
        *value++ = '\0';
    char *name = strrchr(assignment, '.');
    if (value == NULL || name == NULL)
        return fault_set(fault, -EINVAL, "found no %s, allowed: SECTION.KEY=VALUE",
                         value == NULL ? "\"=\"" : "\".\" before \"=\"");
    *name++ = '\0';
    size_t slot = 0;
    int r = name_slot(trim(assignment), trim(name), &slot, fault);
    return r < 0 ? r : assign(layers, LAYER_COMMAND_LINE, slot, trim(value), "--set", fault);
}

/* The assignment as it may be shown: in one line, and without a password that was given here all
 * the same. */
static const char *shown(const char *assignment, char buffer[QUOTE_MAX])
{
    size_t used = 0;
    const char *equals = strchr(assignment, '=');
    bool secret = equals != NULL && strstr(assignment, "password") != NULL &&
                  strstr(assignment, "password_file") == NULL;
    for (const char *c = assignment; *c != '\0' && used < QUOTE_MAX - 12; c++) {
        buffer[used++] = *c >= ' ' && *c < 127 ? *c : '?';
        if (secret && c == equals)
            break;
    }
    buffer[used] = '\0';
    if (secret)
        (void)snprintf(buffer + used, QUOTE_MAX - used, "(hidden)");
    return buffer;
}

int layers_set(struct layers *layers, const char *assignment, struct fault *fault)
{
    char *copy = mem_text(assignment), text[QUOTE_MAX];
    int r = set(layers, copy, fault);
    if (r < 0)
        (void)fault_prefix(fault, "--set %s", shown(assignment, text));
    r = mistakes_take(&layers->mistakes, r, fault);
    explicit_bzero(copy, strlen(assignment));
    free(copy);
    return r;
}
