#include "show.h"

#include <string.h>

#include "print.h"

const struct output *show_choose(const struct invocation *invocation)
{
    if (invocation->json)
        return &show_json;
    return invocation->command->id == CREDD_COMMAND_EXPORT ? &show_export : &show_text;
}

void show_progress(struct show *show, const json_t *progress)
{
    const char *text = member_text(progress, "text");
    progress_say(&show->progress, text != NULL ? text : "", member_number(progress, "done"),
                 member_number(progress, "total"));
}

static bool is_fresh(const json_t *status)
{
    const char *verdict = member_text(status, "verdict");
    return verdict != NULL && strcmp(verdict, "fresh") == 0;
}

void show_note(struct show *show, const json_t *parameters)
{
    const json_t *finding = json_object_get(parameters, "finding");
    if (finding != NULL && !member_true(finding, "note"))
        show->wrong++;
    if (invocation_has(show->invocation, "check") && !is_fresh(parameters))
        show->wrong++;
    if (show->invocation->command->id == CREDD_COMMAND_PAUSE)
        show->paused = true;
}
