/* Writer: what a reset lost of what others did to the tables in its midst is told before the old
 * tables go, which show it: to the journal, and to whoever asked for the reset. */
#include <stdio.h>
#include <string.h>

#include "mail/event_log.h"
#include "writer/writer_parts.h"

int lost_tell(struct writer *writer, struct job *job, struct fault *fault)
{
    struct store_loss loss;
    int result = store_lost(writer->session.store, &loss, fault);
    if (result < 0 || loss.text[0] == '\0')
        return result;
    if (job != NULL)
        (void)snprintf(job->loss, sizeof job->loss,
                       "the new world is in place, but without changes that were made to the "
                       "tables during the swap: %s; repeat them",
                       loss.text);
    if (loss.told || strcmp(writer->lost_told, loss.text) == 0)
        return 0;
    memcpy(writer->lost_told, loss.text, sizeof writer->lost_told);
    event_log(writer->journal, MESSAGE_ALTER_LOST, &(struct event_about){0},
              "the new world is in place without changes that were made to the tables during the "
              "swap: %s; repeat them",
              loss.text);
    return 0;
}

int lost_sweep(struct writer *writer, struct fault *fault)
{
    int result = lost_tell(writer, NULL, fault);
    return result < 0 ? result : store_sweep(writer->session.store, fault);
}
