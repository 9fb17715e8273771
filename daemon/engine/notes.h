/* notes.h - what a daemon keeps in a local file: operations that the database does not know yet,
 * and the configured values that were last put into force (so that only a change of them counts).
 */
#ifndef CREDD_ENGINE_NOTES_H
#define CREDD_ENGINE_NOTES_H

#include "engine/operation.h"

#define NOTES_PENDING_MAX 64

struct notes {
    char path[4096];
    bool configured; /* the members below are from an earlier run */
    int64_t speed;
    int64_t tempo[STREAM_COUNT];
    bool enabled[STREAM_COUNT];
    struct operation pending[NOTES_PENDING_MAX]; /* in order */
    size_t pending_count;
};

/* The file of this daemon: one for each control socket in the state folder. Reads what is there; a
 * missing file is no failure, a damaged one is moved aside and reported. */
int notes_open(struct notes *notes, const char *folder, const char *socket, struct fault *fault);
/* Writes the file anew, beside and renamed: a kill leaves the old or the new one. */
int notes_write(const struct notes *notes, struct fault *fault);
/* -ENOSPC if there are too many. */
int notes_add(struct notes *notes, const struct operation *operation);
void notes_remove(struct notes *notes, const char *id);

#endif
