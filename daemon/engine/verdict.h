/* verdict.h - what it all comes to, in one word and one sentence: pure, from the rest of the
 * summary. */
#ifndef CREDD_ENGINE_VERDICT_H
#define CREDD_ENGINE_VERDICT_H

#include "engine/summary.h"

/* Sets `verdict` and `verdict_text`; everything else is there. */
void verdict_find(struct summary *summary);

/* "fresh", "not-ready": for programs. */
const char *verdict_name(enum verdict verdict);
/* "fresh: written up to 2 s ago"; of a job the sentence alone, which begins with it. */
#define VERDICT_LINE_MAX 512
const char *verdict_line(const struct summary *summary, char buffer[VERDICT_LINE_MAX]);

#endif
