/* target.h - where output goes: standard output, or a file that is there whole or not at all. */
#ifndef CREDCTL_TARGET_H
#define CREDCTL_TARGET_H

#include <stdbool.h>
#include <stdio.h>

struct target {
    FILE *out;
    char *path; /* NULL: standard output */
    char *neighbour;
};

/* `path` NULL or "-": standard output. Negative errno; then nothing is left behind. */
int target_open(const char *path, struct target *ret_target);
/* Puts the file in its place. Negative errno; then nothing is left behind. -EPIPE: the reader has
 * gone. */
int target_finish(struct target *target);
/* Gives up: no file. */
void target_discard(struct target *target);

#endif
