#include <stdlib.h>

#include "show.h"

static void nothing(struct show *show)
{
    (void)show;
}

static void reply(struct show *show, const json_t *parameters, bool last)
{
    char *text = json_dumps(parameters, JSON_COMPACT | JSON_REAL_PRECISION(15));
    (void)last;
    (void)fprintf(show->out, "%s\n", text != NULL ? text : "{}");
    (void)fflush(show->out);
    free(text);
}

const struct output show_json = {nothing, reply, nothing};
