#include "show.h"

#include "print.h"

const struct output *show_choose(const struct invocation *invocation)
{
    if (invocation->json)
        return &show_json;
    return invocation->command->id == CREDD_COMMAND_EXPORT ? &show_export : &show_text;
}

void show_note(struct show *show, const json_t *parameters)
{
    const json_t *finding = json_object_get(parameters, "finding");
    if (finding != NULL && !member_true(finding, "note"))
        show->wrong++;
    if (show->invocation->command->id == CREDD_COMMAND_PAUSE)
        show->paused = true;
}
