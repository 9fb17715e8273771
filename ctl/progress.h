/* progress.h - how far a job is, on standard error: one rewritten line on a terminal, nothing
 * elsewhere. */
#ifndef CREDCTL_PROGRESS_H
#define CREDCTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* the command */
    bool terminal;
    bool shown; /* a line stands on the terminal */
};

struct progress progress_begin(const char *what);
/* total 0: unknown. */
void progress_say(struct progress *progress, const char *text, int64_t done, int64_t total);
/* What is worth a line at once. */
void progress_tell(struct progress *progress, const char *text);
/* Wipes the line, so that something else can be printed. */
void progress_clear(struct progress *progress);

#endif
