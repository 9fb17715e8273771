#include <string.h>

#include "print.h"
#include "show.h"

#define DIGEST_WIDTH 84 /* of a digest and a table's name */

static void nothing(struct show *show)
{
    (void)show;
}

static void print_message(struct show *show, const json_t *parameters)
{
    const char *message = member_text(parameters, "message");
    if (message == NULL || message[0] == '\0')
        message = "done";
    char count[PRINT_MAX];
    (void)print_safe(show->out, message, 0);
    if (json_object_get(parameters, "rows") != NULL)
        (void)fprintf(show->out, "; %s row%s written",
                      print_count(member_number(parameters, "rows"), count),
                      member_number(parameters, "rows") == 1 ? "" : "s");
    (void)fputc('\n', show->out);
}

static void show_pause(struct show *show, const json_t *parameters)
{
    print_message(show, parameters);
    if (member_true(parameters, "batch_in_hand"))
        (void)fputs("A batch is still being written.\n", show->out);
}

/* As sha256sum prints, where there is room. */
static void print_digest(struct show *show, const json_t *digest)
{
    const char *sum = member_or(digest, "sha256", "?"), *table = member_or(digest, "table", "?");
    unsigned width = wrap_width(show->wrap);
    if (width != 0 && width < DIGEST_WIDTH)
        (void)fprintf(show->out, "%s\n  %s\n", table, sum);
    else
        (void)fprintf(show->out, "%s  %s\n", sum, table);
}

static void show_verify(struct show *show, const json_t *parameters)
{
    const json_t *finding = json_object_get(parameters, "finding");
    const json_t *digest = json_object_get(parameters, "digest");
    const json_t *figure = json_object_get(parameters, "figure");
    char count[PRINT_MAX];
    if (finding == NULL && digest == NULL && figure == NULL)
        show_figures(show);
    if (finding != NULL)
        show_finding(show, finding);
    else if (figure != NULL)
        show_figure(show, figure);
    else if (digest != NULL)
        print_digest(show, digest);
    else if (show->wrong == 0)
        print_coloured(show->out, show->colour, COLOUR_GOOD, "no findings\n");
    else
        (void)fprintf(show->out, "%s finding%s\n", print_count(show->wrong, count),
                      show->wrong == 1 ? "" : "s");
}

static void show_reload(struct show *show, const json_t *parameters)
{
    const char *changed = member_text(parameters, "changed");
    const char *pending = member_text(parameters, "pending");
    bool any = changed != NULL && changed[0] != '\0';
    bool later = pending != NULL && pending[0] != '\0';
    if (any || !later) {
        (void)fputs(any ? "changed: " : "nothing changed", show->out);
        (void)print_safe(show->out, any ? changed : "", 0);
        (void)fputc('\n', show->out);
    }
    if (later) {
        (void)print_safe(show->out, pending, 0);
        (void)fputc('\n', show->out);
    }
}

static void show_version(struct show *show, const json_t *parameters)
{
    (void)fputs("credd ", show->out);
    (void)print_safe(show->out, member_text(parameters, "version"), 0);
    (void)fputc('\n', show->out);
}

/* Without an entry: its message. */
static void (*const pages[CREDD_COMMAND_COUNT])(struct show *, const json_t *) = {
    [CREDD_COMMAND_STATUS] = show_status,     [CREDD_COMMAND_PAUSE] = show_pause,
    [CREDD_COMMAND_SCHEDULE] = show_schedule, [CREDD_COMMAND_VERIFY] = show_verify,
    [CREDD_COMMAND_WATCH] = show_rows,        [CREDD_COMMAND_HISTORY] = show_history,
    [CREDD_COMMAND_ADOPT] = show_adopt,       [CREDD_COMMAND_RELOAD] = show_reload,
    [CREDD_COMMAND_CONFIG] = show_config,     [CREDD_COMMAND_VERSION] = show_version,
};

static void reply(struct show *show, json_t *parameters, bool last)
{
    print_make_safe(parameters);
    const json_t *progress = json_object_get(parameters, "progress");
    const char *queued = member_text(parameters, "queued");
    void (*page)(struct show *, const json_t *) = pages[show->invocation->command->id];
    if (json_is_object(progress)) {
        show_progress(show, progress);
        return;
    }
    if (!last && queued != NULL) {
        progress_tell(&show->progress, queued);
        return;
    }
    progress_clear(&show->progress);
    if (page != NULL)
        page(show, parameters);
    else
        print_message(show, parameters);
    (void)fflush(show->out);
}

const struct output show_text = {nothing, reply, nothing};
