/* folder.h - several files that appear in a folder together: written beside it, then put in place.
 */
#ifndef CREDCTL_FOLDER_H
#define CREDCTL_FOLDER_H

#include <stdio.h>

struct folder {
    char *path, *neighbour;
    FILE *file; /* the one being written; NULL: none yet */
    int error;  /* the first; negative errno */
};

/* Negative errno; then nothing is left behind. */
int folder_open(const char *path, struct folder *ret_folder);
/* Ends the file at hand and begins one of that name; NULL with `error` set. */
FILE *folder_next(struct folder *folder, const char *name);
/* A folder that is there keeps its other files. Negative errno; then nothing is left behind. */
int folder_finish(struct folder *folder);
/* Gives up. */
void folder_discard(struct folder *folder);

#endif
