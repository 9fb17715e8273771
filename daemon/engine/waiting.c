#include "engine/waiting.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock/span.h"
#include "engine/verdict.h"

static bool has_reached(const struct waiting *waiting, const struct summary *summary)
{
    bool late = false;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        late = late || summary->streams[i].late_s > 0;
    return !late && !world_before(summary->world_now, waiting->until);
}

static bool has_rows(struct waiting *waiting, const struct summary *summary)
{
    int64_t rows = summary->streams[waiting->stream].rows;
    if (!waiting->looked || rows < waiting->base)
        waiting->base = rows;
    waiting->looked = true;
    return rows >= waiting->rows + (waiting->more ? waiting->base : 0);
}

bool waiting_over(struct waiting *waiting, const struct summary *summary)
{
    if (!summary->has_world)
        return false;
    bool rows = !waiting->has_rows || has_rows(waiting, summary);
    bool ready = !waiting->ready || summary->database == DATABASE_READY;
    return rows && ready && (!waiting->has_until || has_reached(waiting, summary));
}

void waiting_say(const struct waiting *waiting, const struct summary *summary, char *out,
                 size_t size)
{
    char text[VERDICT_LINE_MAX], time[TIME_TEXT_MAX];
    const struct stream_summary *stream = &summary->streams[waiting->stream];
    int64_t fresh = stream->rows - waiting->base;
    if (waiting->has_rows && waiting->more)
        (void)snprintf(out, size, "%s has %" PRId64 " new row%s, %" PRId64 " in all", stream->name,
                       fresh, fresh == 1 ? "" : "s", stream->rows);
    else if (waiting->has_rows)
        (void)snprintf(out, size, "%s has %" PRId64 " row%s", stream->name, stream->rows,
                       stream->rows == 1 ? "" : "s");
    else if (waiting->has_until)
        (void)snprintf(out, size, "world time is %s", time_text(summary->world_now.s, time));
    else
        (void)snprintf(out, size, "%s", verdict_line(summary, text));
}
