#include "web/masked.h"

#include <stdio.h>

#include "engine/verdict.h"

/* Only that there was something. */
static void cover(char *text, size_t size, const char *with)
{
    if (text[0] != '\0')
        (void)snprintf(text, size, "%s", with);
}

#define COVER(field, with) cover((field), sizeof(field), (with))

void masked(struct summary *summary)
{
    static const char somebody[] = "an operator";
    COVER(summary->database_detail, database_state_word(summary->database));
    COVER(summary->waiting, "its tables are locked by others");
    COVER(summary->paused_by, somebody);
    COVER(summary->reason, "");
    enum stream_id unused;
    if (stream_by_name(summary->job_detail, &unused) < 0)
        summary->job_detail[0] = '\0';
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        struct stream_summary *stream = &summary->streams[i];
        COVER(stream->paused_by, somebody);
        COVER(stream->reason, "");
        COVER(stream->obstacle, "see 'credctl status'");
    }
    verdict_find(summary);
}
