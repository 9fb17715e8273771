#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/keys.h"

#define WIDTH 96

static const char head[] =
    "credd.conf - configuration of credd. All keys are listed here, commented "
    "out, with their defaults; this file may also be missing. Put your own "
    "settings into files in credd.conf.d/ beside it: they are read after it, "
    "in the order of their names, and override it. The environment (DB_HOST, "
    "DB_PORT, DB_NAME, DB_USER, DB_PASSWORD) overrides the files, and --set "
    "overrides all.";

static const struct {
    const char *section, *text;
} heads[] = {
    {"clock", "How world time follows wall time. Instants are UTC internally."},
    {"world", "What a new world is like. Changes take effect at the next reset."},
    {"database", "Where rows are written. credd uses only a database that is empty or its own."},
    {"control", "Where the daemon can be reached, and by whom."},
    {"web", "A live, read-only page for browsers; it is off unless listen is set or "
            "credd-web.socket enabled."},
    {"table", "How credd deals with what the application changed in the five tables. A table whose "
              "definition "
              "rejects all of credd's rows stops its stream in any case; see credd.conf(5)."},
    {"stream", "Each table is a stream of events with a section of its own."},
};

/* Comment lines of whole words. */
static void put_words(FILE *out, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > 0 && column + 1 + length > WIDTH) {
            (void)fputc('\n', out);
            column = 0;
        }
        column += (size_t)fprintf(out, "%s%.*s", column == 0 ? "# " : " ", (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
    (void)fputc('\n', out);
}

static void put_help(FILE *out, const struct config_key *key)
{
    char *words =
        mem_format("%s Allowed: %s. Takes effect %s.", key->help, key->type, key->takes_effect);
    put_words(out, words);
    free(words);
    if (key->may_lack) {
        words = mem_format("Default: %.*s.", (int)strlen(key->preset) - 2, key->preset + 1);
        put_words(out, words);
        free(words);
    }
}

static void put_section(FILE *out, size_t slot, const char *section)
{
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        if (strcmp(heads[i].section, slot_key(slot)->section) == 0 && !slot_repeats(slot)) {
            (void)fputc('\n', out);
            put_words(out, heads[i].text);
        }
    (void)fprintf(out, "%s[%s]\n", slot_repeats(slot) ? "\n" : "", section);
}

char *config_example(void)
{
    char *text = NULL, last[SECTION_MAX] = "", section[SECTION_MAX];
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return mem_text("");
    put_words(out, head);
    for (size_t slot = 0; slot < SLOT_COUNT; slot++) {
        const struct config_key *key = slot_key(slot);
        if (key->secret)
            continue;
        bool begins = strcmp(slot_section(slot, section), last) != 0;
        bool explained = !slot_repeats(slot);
        if (begins)
            put_section(out, slot, section);
        else if (explained)
            (void)fputc('\n', out);
        memcpy(last, section, sizeof last);
        /* The streams are alike, and so are the tables: one explanation will do. */
        if (explained)
            put_help(out, key);
        const char *preset = slot_preset(slot);
        (void)fprintf(out, "#%s =%s%s\n", key->name, preset != NULL ? " " : "",
                      preset != NULL ? preset : "");
    }
    (void)fclose(out);
    return text;
}
