/* outside.h - everything that engine, writer and reader get from outside: time, random tokens,
 * databases, threads and files. Real in the daemon, simulated in tests. */
#ifndef CREDD_MAIL_OUTSIDE_H
#define CREDD_MAIL_OUTSIDE_H

#include "base/disk.h"
#include "base/token.h"
#include "clock/system.h"
#include "mail/thread.h"
#include "store/store.h"

struct outside {
    const struct time_source *time;
    const struct token_source *tokens;
    const struct store_source *stores;
    const struct thread_driver *threads;
    const struct disk *disk;
};

extern const struct outside outside_system;

static inline wall_time outside_wall(const struct outside *outside)
{
    return outside->time->wall(outside->time->context);
}

static inline mono_time outside_mono(const struct outside *outside)
{
    return outside->time->mono(outside->time->context);
}

#endif
