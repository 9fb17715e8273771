/* summing.h - when the charts are made anew: at most once a minute, by the reader, and not while
 * nothing was committed since. Those of a world that is gone are forgotten. */
#ifndef CREDD_WEB_SUMMING_H
#define CREDD_WEB_SUMMING_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "mail/charts.h"

struct summing {
    struct engine *engine;
    void (*made)(void *context); /* there are newer ones, or none any more */
    void *context;
    struct open_request *request; /* in hand */
    struct charts *charts;        /* the last; NULL: none */
    mono_time asked_at;
    bool asked; /* ever */
    /* What there was when they were asked for. */
    char world_id[40];
    int64_t rows;
    bool commits; /* rows were committed or moved since */
};

/* What is shown is `summary`, at that moment. */
void summing_look(struct summing *summing, const struct summary *summary, mono_time now);
void summing_done(struct summing *summing);

#endif
