/* Lists for people: runs, acts, settings, rows, findings. */
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "show.h"

void show_schedule(struct show *show, const json_t *parameters)
{
    size_t i, k;
    const json_t *stream, *run;
    char time[PRINT_MAX];
    json_array_foreach(json_object_get(parameters, "streams"), i, stream)
    {
        const json_t *runs = json_object_get(stream, "runs");
        print_coloured(show->out, show->colour, COLOUR_BOLD, member_or(stream, "name", "?"));
        (void)fputs("  ", show->out);
        (void)print_safe(show->out, member_or(stream, "schedule", ""), 0);
        (void)fputs(json_array_size(runs) == 0 ? "\n  no more runs\n" : "\n", show->out);
        json_array_foreach(runs, k, run)(void)
            fprintf(show->out, "  %s\n", print_time(json_string_value(run), time));
    }
}

static void print_act(struct show *show, const json_t *act)
{
    (void)print_safe(show->out, member_or(act, "text", member_or(act, "kind", "?")), 0);
    if (member_or(act, "reason", NULL) != NULL) {
        (void)fputs(": ", show->out);
        (void)print_safe(show->out, member_or(act, "reason", ""), 0);
    }
    (void)fputc('\n', show->out);
}

void show_history(struct show *show, const json_t *parameters)
{
    size_t i;
    const json_t *act;
    char time[PRINT_MAX];
    const json_t *acts = json_object_get(parameters, "acts");
    if (json_array_size(acts) == 0)
        (void)fputs("no history yet\n", show->out);
    json_array_foreach(acts, i, act)
    {
        int used = fprintf(show->out, "%s  ", print_time(member_text(act, "wall"), time));
        used += print_safe(show->out, member_or(act, "user", "credd"), 40);
        if (member_number(act, "uid") >= 0)
            used += fprintf(show->out, " (%lld)", (long long)member_number(act, "uid"));
        (void)fprintf(show->out, "%*s", used < 36 ? 36 - used : 1, "");
        wrap_here(show->wrap);
        print_act(show, act);
    }
}

void show_config(struct show *show, const json_t *parameters)
{
    size_t i;
    const json_t *setting;
    const char *section = "";
    json_array_foreach(json_object_get(parameters, "settings"), i, setting)
    {
        const char *of = member_or(setting, "section", "");
        if (strcmp(of, section) != 0)
            (void)fprintf(show->out, "%s[%s]\n", i > 0 ? "\n" : "", of);
        section = of;
        int used = fprintf(show->out, "%s = ", member_or(setting, "key", "?"));
        used += print_safe(show->out, member_or(setting, "value", ""), 0);
        (void)fprintf(show->out, "%*s", used < 46 ? 46 - used : 2, "");
        print_coloured(show->out, show->colour, COLOUR_FAINT, "# ");
        (void)print_safe(show->out, member_or(setting, "source", ""), 0);
        (void)fputc('\n', show->out);
    }
}

static void print_row(struct show *show, const char *table, const json_t *row)
{
    size_t i;
    const json_t *value;
    (void)fprintf(show->out, "%-17s  ", table);
    wrap_here(show->wrap);
    json_array_foreach(row, i, value)
    {
        const char *text = json_string_value(value);
        (void)fputs(i > 0 ? "  " : "", show->out);
        (void)print_safe(show->out, text != NULL ? text : "NULL", 0);
    }
    (void)fputc('\n', show->out);
}

void show_rows(struct show *show, const json_t *parameters)
{
    size_t i;
    const json_t *row;
    const char *table = member_or(parameters, "table", NULL);
    char count[PRINT_MAX];
    if (table == NULL && member_number(parameters, "dropped") > 0)
        (void)fprintf(stderr, "%s row%s not shown: the output was read too slowly\n",
                      print_count(member_number(parameters, "dropped"), count),
                      member_number(parameters, "dropped") == 1 ? "" : "s");
    if (table == NULL)
        return;
    json_array_foreach(json_object_get(parameters, "rows"), i, row) print_row(show, table, row);
}

static void print_difference(struct show *show, const json_t *difference)
{
    const char *table = member_or(difference, "table", ""),
               *part = member_or(difference, "part", NULL);
    int used = print_safe(show->out, table, 0);
    if (part != NULL) {
        (void)fputc('.', show->out);
        used += 1 + print_safe(show->out, part, 0);
    }
    (void)fprintf(show->out, "%*s", used == 0 ? 0 : used < 34 ? 36 - used : 2, "");
    wrap_here(show->wrap);
    (void)print_safe(show->out, member_or(difference, "text", ""), 0);
    (void)fputc('\n', show->out);
}

/* Of --check: what is in the way comes first, since the rest needs no hand. */
void show_adopt(struct show *show, const json_t *parameters)
{
    static const struct {
        enum colour colour;
        const char *mark;
    } marks[] = {{COLOUR_FAINT, "note     "}, {COLOUR_BAD, "problem  "}};
    size_t i;
    const json_t *one, *differences = json_object_get(parameters, "differences");
    char count[PRINT_MAX];
    for (int way = 1; way >= 0; way--)
        json_array_foreach(differences, i, one)
        {
            if (member_true(one, "in_the_way") != (way == 1))
                continue;
            print_coloured(show->out, show->colour, marks[way].colour, marks[way].mark);
            print_difference(show, one);
        }
    if (differences == NULL)
        (void)fprintf(show->out, "%s\n", member_or(parameters, "message", "adopted"));
    else if (show->wrong == 0)
        print_coloured(show->out, show->colour, COLOUR_GOOD,
                       "no problems; 'credctl adopt' can take over these tables\n");
    else
        (void)fprintf(show->out, "%s problem%s 'credctl adopt'\n", print_count(show->wrong, count),
                      show->wrong == 1 ? " prevents" : "s prevent");
}

void show_finding(struct show *show, const json_t *finding)
{
    bool note = member_true(finding, "note");
    const char *key = member_or(finding, "key", NULL);
    print_coloured(show->out, show->colour, note ? COLOUR_FAINT : COLOUR_BAD,
                   note ? "note: " : "wrong: ");
    wrap_here(show->wrap);
    (void)print_safe(show->out, member_or(finding, "table", "all"), 0);
    if (key != NULL) {
        (void)fputc(' ', show->out);
        (void)print_safe(show->out, key, 0);
    }
    (void)fputs(": ", show->out);
    (void)print_safe(show->out, member_or(finding, "text", ""), 0);
    (void)fprintf(show->out, " [%s]\n", member_or(finding, "check", "?"));
}
