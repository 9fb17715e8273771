/* Export's formats. Numbers are printed as the daemon spelled them, never through a double. */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "print.h"
#include "show.h"

/* --- values
 * ----------------------------------------------------------------------------------------- */

static bool is_number(const char *type)
{
    return type != NULL && (strcmp(type, "integer") == 0 || strcmp(type, "decimal") == 0);
}

/* Only what JSON itself calls a number may stand without quotes, whatever somebody stored. */
static bool is_json_number(const char *text)
{
    if (*text == '-')
        text++;
    size_t whole = strspn(text, "0123456789");
    if (whole == 0 || (whole > 1 && text[0] == '0'))
        return false;
    text += whole;
    if (*text == '.') {
        size_t fraction = strspn(++text, "0123456789");
        if (fraction == 0)
            return false;
        text += fraction;
    }
    return *text == '\0';
}

static void print_string(FILE *out, const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    (void)fputs(text != NULL ? text : "null", out);
    free(text);
}

static void print_value(FILE *out, const json_t *value, const char *type)
{
    const char *text = json_string_value(value);
    if (text == NULL)
        (void)fputs("null", out);
    else if (is_number(type) && is_json_number(text))
        (void)fputs(text, out);
    else
        print_string(out, value);
}

/* --- rows
 * ------------------------------------------------------------------------------------------- */

static void print_members(FILE *out, const json_t *parameters, const json_t *row)
{
    const json_t *columns = json_object_get(parameters, "columns");
    const json_t *types = json_object_get(parameters, "types");
    size_t i;
    const json_t *value;
    json_array_foreach(row, i, value)
    {
        (void)fputs(i > 0 ? ", " : "", out);
        print_string(out, json_array_get(columns, i));
        (void)fputs(": ", out);
        print_value(out, value, json_string_value(json_array_get(types, i)));
    }
}

static bool several_tables(const struct show *show)
{
    return json_array_size(json_object_get(show->invocation->parameters, "tables")) != 1;
}

static void print_jsonl(struct show *show, const json_t *parameters)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(parameters, "rows"), i, row)
    {
        (void)fputc('{', show->out);
        if (several_tables(show)) {
            (void)fputs("\"table\": ", show->out);
            print_string(show->out, json_object_get(parameters, "table"));
            (void)fputs(", ", show->out);
        }
        print_members(show->out, parameters, row);
        (void)fputs("}\n", show->out);
    }
}

/* As in RFC 4180: quoted where it holds a comma, a quote or a line end; an empty text is "" and
 * NULL is nothing. */
static void print_csv_value(FILE *out, const char *text)
{
    if (text == NULL)
        return;
    if (text[0] != '\0' && strpbrk(text, ",\"\r\n") == NULL) {
        (void)fputs(text, out);
        return;
    }
    (void)fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            (void)fputc('"', out);
        (void)fputc(*text, out);
    }
    (void)fputc('"', out);
}

/* "2026-08-14T10:35:12Z" as databases read it; the session's time zone is UTC for that. */
static void print_csv_time(FILE *out, const char *text)
{
    bool instant = text != NULL && strlen(text) == 20 && text[10] == 'T' && text[19] == 'Z';
    if (instant)
        (void)fprintf(out, "%.10s %.8s", text, text + 11);
    else
        print_csv_value(out, text);
}

/* Lines end as databases expect it. `types` may be NULL: of the heading. */
static void print_csv_row(FILE *out, const json_t *row, const json_t *types)
{
    size_t i;
    const json_t *value;
    json_array_foreach(row, i, value)
    {
        const char *type = json_string_value(json_array_get(types, i));
        (void)fputs(i > 0 ? "," : "", out);
        if (type != NULL && strcmp(type, "time") == 0)
            print_csv_time(out, json_string_value(value));
        else
            print_csv_value(out, json_string_value(value));
    }
    (void)fputc('\n', out);
}

/* Each table has a file of its own where a folder was asked for. False if there can be none. */
static bool begin_csv(struct show *show, const json_t *parameters)
{
    const char *table = member_text(parameters, "table");
    if (show->folder != NULL) {
        char *name = mem_format("%s.csv", table);
        show->out = folder_next(show->folder, name);
        free(name);
    }
    if (show->out == NULL)
        return false;
    print_csv_row(show->out, json_object_get(parameters, "columns"), NULL);
    return true;
}

static void print_csv(struct show *show, const json_t *parameters)
{
    size_t i;
    const json_t *row;
    bool begins = show->open == NULL || strcmp(show->open, member_text(parameters, "table")) != 0;
    if (begins && !begin_csv(show, parameters))
        return;
    json_array_foreach(json_object_get(parameters, "rows"), i, row)
        print_csv_row(show->out, row, json_object_get(parameters, "types"));
}

/* --- one JSON object: table to array
 * ---------------------------------------------------------------- */

static void close_table(struct show *show)
{
    if (show->open != NULL)
        (void)fputs(show->first_row ? "]" : "\n  ]", show->out);
}

static void open_table(struct show *show, const json_t *name)
{
    if (show->open != NULL && strcmp(show->open, json_string_value(name)) == 0)
        return;
    close_table(show);
    (void)fputs(show->open != NULL ? ",\n  " : "{\n  ", show->out);
    print_string(show->out, name);
    (void)fputs(": [", show->out);
    show->first_row = true;
}

static void print_json(struct show *show, const json_t *parameters)
{
    size_t i;
    const json_t *row;
    open_table(show, json_object_get(parameters, "table"));
    json_array_foreach(json_object_get(parameters, "rows"), i, row)
    {
        (void)fputs(show->first_row ? "\n    {" : ",\n    {", show->out);
        print_members(show->out, parameters, row);
        (void)fputc('}', show->out);
        show->first_row = false;
    }
}

/* --- the vtable
 * ------------------------------------------------------------------------------------- */

static void begin(struct show *show)
{
    show->tables = json_array();
}

static void remember(struct show *show, json_t *name)
{
    if (show->open != NULL && strcmp(show->open, json_string_value(name)) == 0)
        return;
    (void)json_array_append(show->tables, name);
    show->open = json_string_value(name);
}

static void reply(struct show *show, json_t *parameters, bool last)
{
    static void (*const printers[])(struct show *, const json_t *) = {
        [FORMAT_JSON] = print_json, [FORMAT_JSONL] = print_jsonl, [FORMAT_CSV] = print_csv};
    json_t *name = json_object_get(parameters, "table");
    (void)last;
    if (!json_is_string(name))
        return;
    printers[show->invocation->format](show, parameters);
    remember(show, name);
}

static bool was_seen(const struct show *show, const char *name)
{
    size_t i;
    const json_t *seen;
    json_array_foreach(show->tables, i, seen)
    {
        if (strcmp(json_string_value(seen), name) == 0)
            return true;
    }
    return false;
}

/* A table that was asked for and is empty is an empty array. */
static void end(struct show *show)
{
    size_t i;
    const json_t *name;
    if (show->invocation->format != FORMAT_JSON)
        return;
    json_array_foreach(json_object_get(show->invocation->parameters, "tables"), i, name)
    {
        if (was_seen(show, json_string_value(name)))
            continue;
        open_table(show, name);
        remember(show, (json_t *)name);
    }
    close_table(show);
    (void)fputs(show->open != NULL ? "\n}\n" : "{}\n", show->out);
}

const struct output show_export = {begin, reply, end};
