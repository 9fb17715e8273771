/* progress.h - how far a job is, on standard error: one rewritten line on a terminal, now and then
 * a line elsewhere. */
#ifndef CREDCTL_PROGRESS_H
#define CREDCTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool terminal;
    bool shown; /* a line stands on the terminal */
    bool begun;
    int64_t said_ms; /* when the last plain line was printed */
    char text[64];   /* what it began with */
};

struct progress progress_begin(void);
/* total 0: unknown. */
void progress_say(struct progress *progress, const char *text, int64_t done, int64_t total);
/* Wipes the line, so that something else can be printed. */
void progress_clear(struct progress *progress);

#endif
