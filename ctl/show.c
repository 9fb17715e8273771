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

static int64_t in_the_way(const json_t *adopt)
{
    size_t i;
    const json_t *one;
    int64_t count = 0;
    json_array_foreach(json_object_get(adopt, "differences"), i, one) count +=
        member_true(one, "in_the_way") ? 1 : 0;
    return count;
}

void show_note(struct show *show, const json_t *parameters)
{
    const json_t *finding = json_object_get(parameters, "finding");
    if (finding != NULL && !member_true(finding, "note"))
        show->wrong++;
    bool checks = invocation_has(show->invocation, "check");
    enum credd_command command = show->invocation->command->id;
    if (checks && command == CREDD_COMMAND_STATUS && !is_fresh(parameters))
        show->wrong++;
    if (checks && command == CREDD_COMMAND_ADOPT)
        show->wrong += in_the_way(parameters);
    if (command == CREDD_COMMAND_PAUSE)
        show->paused = true;
}
