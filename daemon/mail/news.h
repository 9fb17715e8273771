/* news.h - what a requester is told: news while the request runs, and its end. */
#ifndef CREDD_MAIL_NEWS_H
#define CREDD_MAIL_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock/instant.h"

#define REQUEST_TEXT_MAX 1200

/* How a request ended. */
enum request_result {
    RESULT_DONE,
    RESULT_REFUSED, /* not possible in the current state; the text says why */
    RESULT_FAILED,  /* tried, and failed */
    RESULT_CANCELLED,
    RESULT_INVALID, /* the request itself makes no sense: `parameter` names the part */
};

struct request_end {
    enum request_result result;
    char text[REQUEST_TEXT_MAX]; /* one sentence */
    const char *parameter;       /* RESULT_INVALID: "to", "factor", … */
    bool batch_in_hand; /* pause: a batch was still being committed when the reply was made */
    uint64_t rows;      /* refresh, advance, reset: rows committed by it */
    uint64_t findings;  /* verify */
    uint64_t dropped;   /* watch */
};

struct charts;

/* What comes before the end; one of these at a time. */
enum news_kind {
    NEWS_QUEUED,
    NEWS_PROGRESS,
    NEWS_ROWS,
    NEWS_FINDING,
    NEWS_DIGEST,
    NEWS_ACT,
    NEWS_FIGURE,
    NEWS_CHARTS
};

struct news {
    enum news_kind kind;
    char text[512]; /* QUEUED: behind what; PROGRESS: what is being done; FINDING: one sentence */
    uint64_t done, total; /* PROGRESS */
    const char *table;    /* ROWS, FINDING, DIGEST ("all" for the last line) */
    /* ROWS: `rows` rows of `columns` texts each (NULL for NULL), row by row. For WATCH also moves
     * and updates, as the rows that credd_status and credd_change get for them. */
    const char *const *names; /* of the columns */
    unsigned columns;
    size_t rows;
    const char *const *texts;
    const char *check; /* FINDING: which check; static text */
    const char *key;   /* FINDING: key of the row, or "" */
    bool note;         /* FINDING: worth knowing, not a violation */
    char digest[65];   /* DIGEST: SHA-256, lower-case hexadecimal */
    const struct news_act *act;
    const struct news_figure *figure; /* FIGURE */
    const struct charts *charts;      /* CHARTS */
};

/* A figure of the world beside that of the real one. */
struct news_figure {
    const char *name, *source, *why, *verdict;
    double reference, here, tolerance;
    double count; /* independent observations; 0: it cannot be told */
};

struct news_act {
    wall_time wall;
    world_time world;
    const char *kind, *stream, *user, *reason, *value;
    const char *text; /* all of it in words */
    int64_t uid, pid;
};

#endif
