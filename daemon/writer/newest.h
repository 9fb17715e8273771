/* newest.h - the instant of the newest row of each stream: taken from committed batches, or from
 * the model after a start or when others wrote. */
#ifndef CREDD_WRITER_NEWEST_H
#define CREDD_WRITER_NEWEST_H

#include "state/session.h"

struct newest {
    char world_id[STORE_NAME_MAX];
    struct {
        bool known;
        world_time at;   /* 0: none, or too old to search for */
        world_time upto; /* known up to here */
    } streams[STREAM_COUNT];
};

/* Takes over committed changes, and up to when they are complete. */
void newest_note(struct newest *newest, enum stream_id stream, const struct change_list *changes);
void newest_reach(struct newest *newest, enum stream_id stream, world_time upto);
/* A new world: there is no row after `origin`. */
void newest_born(struct newest *newest, const char *world_id, world_time origin);
/* Asks the model for what is not known up to the watermarks of the session. */
void newest_find(struct newest *newest, struct session *session);

#endif
