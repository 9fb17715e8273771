/* verdict.h - one word and one sentence that say whether the world is fresh. Pure, from the rest of
 * the summary. */
#ifndef CREDD_ENGINE_VERDICT_H
#define CREDD_ENGINE_VERDICT_H

#include "engine/summary.h"

/* Sets `verdict` and `verdict_text` from the other members. */
void verdict_find(struct summary *summary);

/* "fresh", "not-ready": for programs. */
const char *verdict_name(enum verdict verdict);
/* "fresh: written up to 2 s ago"; while a job runs only the sentence, which begins with the job. */
#define VERDICT_LINE_MAX 512
const char *verdict_line(const struct summary *summary, char buffer[VERDICT_LINE_MAX]);

#endif
