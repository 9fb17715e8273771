#include <stdlib.h>

#include "print.h"
#include "show.h"

static void nothing(struct show *show)
{
    (void)show;
}

/* What leads to the last reply of a command that has one result is for people. */
static bool leads(struct show *show, const json_t *parameters, bool last)
{
    const json_t *progress = json_object_get(parameters, "progress");
    if (last || show->invocation->command->style != CREDD_STYLE_PROGRESS)
        return false;
    if (json_is_object(progress))
        show_progress(show, progress);
    return true;
}

static void reply(struct show *show, json_t *parameters, bool last)
{
    if (leads(show, parameters, last))
        return;
    progress_clear(&show->progress);
    char *text = json_dumps(parameters, JSON_COMPACT | JSON_REAL_PRECISION(15));
    (void)fprintf(show->out, "%s\n", text != NULL ? text : "{}");
    (void)fflush(show->out);
    free(text);
}

const struct output show_json = {nothing, reply, nothing};
