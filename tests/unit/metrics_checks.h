/* metrics_checks.h - what the unit tests of metrics/ share: a summary in which everything can be
 * told, and its text. */
#ifndef CREDD_TEST_METRICS_CHECKS_H
#define CREDD_TEST_METRICS_CHECKS_H

/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metrics/metrics.h"
#include "metrics/metrics_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOW_S        INT64_C(1786703712)

static inline void fill_stream(struct stream_summary *of, unsigned i)
{
    *of = (struct stream_summary){
        .enabled = true,
        .started = true,
        .tempo = 1500000,
        .watermark = {NOW_S - 60},
        .newest = {NOW_S - 70 - (int64_t)i},
        .has_due = true,
        .next_due = {NOW_S + 30},
        .rows = 1000 + (int64_t)i,
    };
}

/* To be freed. */
static inline struct summary *full_summary(void)
{
    struct summary *is = MEM_NEW(struct summary);
    is->has_world = is->has_job = true;
    (void)snprintf(is->world_id, sizeof is->world_id, "w-1");
    is->settings.origin = (world_time){NOW_S - 86400};
    is->world_now = (world_time){NOW_S};
    is->wall_now = (wall_time){NOW_S * 1000000};
    is->speed = 1000000;
    is->database = DATABASE_READY;
    is->verdict = VERDICT_BUSY;
    is->job = JOB_ADVANCE;
    is->job_done = 1;
    is->job_total = 3;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        fill_stream(&is->streams[i], i);
        is->counters.rows[i] = 7 + (int64_t)i;
        is->counters.skipped[i][SKIP_STATUS_CHANGED] = i;
        histogram_note(&is->counters.delays[i], counters_delay_bounds_us, 200000 * (int64_t)i);
        histogram_note(&is->counters.batches, counters_batch_bounds_us, 1500 * (int64_t)i);
    }
    return is;
}

/* To be freed. */
static inline char *text_of(const struct summary *is, enum metrics_format format)
{
    struct evbuffer *out = evbuffer_new();
    assert_non_null(out);
    assert_int_equal(metrics_write(is, format, out), 0);
    size_t length = evbuffer_get_length(out);
    char *text = mem_grow(NULL, 1, length + 1);
    assert_int_equal(evbuffer_remove(out, text, length), (int)length);
    text[length] = '\0';
    evbuffer_free(out);
    return text;
}

#endif
