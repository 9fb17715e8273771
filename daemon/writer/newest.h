/* newest.h - of each stream the instant of the newest row: noted as batches are committed, asked of
 * the model after a start and where others wrote. */
#ifndef CREDD_WRITER_NEWEST_H
#define CREDD_WRITER_NEWEST_H

#include "state/session.h"

struct newest {
    char world_id[STORE_NAME_MAX];
    struct {
        bool known;
        world_time at;   /* 0: there is none that is worth looking for */
        world_time upto; /* known up to here */
    } streams[STREAM_COUNT];
};

/* What was committed, and how far that goes. */
void newest_note(struct newest *newest, enum stream_id stream, const struct change_list *changes);
void newest_reach(struct newest *newest, enum stream_id stream, world_time upto);
/* Of a world that is just there nothing came after `origin`. */
void newest_born(struct newest *newest, const char *world_id, world_time origin);
/* What is missing up to the watermarks of the session's world. */
void newest_find(struct newest *newest, struct session *session);

#endif
