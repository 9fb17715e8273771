/* show.h - what becomes of the daemon's replies: a table of ways to print them, chosen once. */
#ifndef CREDCTL_SHOW_H
#define CREDCTL_SHOW_H

#include <jansson.h>
#include <stdio.h>

#include "folder.h"
#include "grammar.h"
#include "progress.h"
#include "wrap.h"

struct show {
    const struct invocation *invocation;
    FILE *out;
    struct wrap *wrap; /* of `out`; NULL: lines are as long as they are */
    bool colour;
    struct progress progress;
    int64_t wrong;         /* findings of verify that are not notes; status --check: not fresh;
                              adopt --check: what is in the way */
    int64_t figures[3];    /* of verify: within, outside, of too few rows */
    bool paused;           /* pause has taken effect, whatever is still in hand */
    struct folder *folder; /* export: a file a table goes there; NULL: all to `out` */
    json_t *tables;        /* export: the tables begun, by name */
    const char *open;      /* export: the one being printed; points into `tables` */
    bool first_row;
};

struct output {
    void (*begin)(struct show *show);
    /* `last`: no more replies follow. */
    void (*reply)(struct show *show, json_t *parameters, bool last);
    void (*end)(struct show *show); /* after the last reply, not after a failure */
};

extern const struct output show_json;   /* the replies as they are */
extern const struct output show_text;   /* for people */
extern const struct output show_export; /* export's formats */

const struct output *show_choose(const struct invocation *invocation);
/* How far a job is, on standard error. */
void show_progress(struct show *show, const json_t *progress);
/* What every way of printing needs to know of a reply. */
void show_note(struct show *show, const json_t *parameters);

/* Those of show_text that need a page of their own; one reply each. */
void show_status(struct show *show, const json_t *parameters);
void show_schedule(struct show *show, const json_t *parameters);
void show_history(struct show *show, const json_t *parameters);
void show_adopt(struct show *show, const json_t *parameters);
void show_config(struct show *show, const json_t *parameters);
void show_rows(struct show *show, const json_t *parameters);
void show_finding(struct show *show, const json_t *finding);
void show_figure(struct show *show, const json_t *figure);
/* How the figures were, after the last. */
void show_figures(struct show *show);

#endif
