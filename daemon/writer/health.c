#include "writer/health.h"

#include <errno.h>
#include <stdio.h>

struct health health_start(void)
{
    return (struct health){
        .state = DATABASE_CONNECTING, .shown = DATABASE_CONNECTING, .detail = "not connected yet"};
}

enum database_state health_state_of(int code)
{
    switch (-code) {
    case EACCES: return DATABASE_REFUSED;
    case EPERM: return DATABASE_FOREIGN;
    case ENOSPC: return DATABASE_FULL;
    case EROFS: return DATABASE_READ_ONLY;
    case EDOM: return DATABASE_READY; /* the wall clock is at fault */
    default: return DATABASE_DOWN;
    }
}

bool health_is_loss(int code)
{
    return code == -ENOTCONN || code == -ECONNABORTED || code == -EINTR;
}

/* Shows a state; true if it is another than before. */
static bool show(struct health *health, enum database_state state, const char *text)
{
    bool news = health->shown != state;
    health->shown = state;
    (void)snprintf(health->detail, sizeof health->detail, "%s", text);
    return news;
}

/* Opening proves nothing if writing had failed: it is ready only after a write succeeds. */
static bool open(struct health *health, const char *text)
{
    bool unwritable = health->shown == DATABASE_FULL || health->shown == DATABASE_READ_ONLY ||
                      health->shown == DATABASE_REFUSED;
    health->state = DATABASE_READY;
    health->open = true;
    health->damaged = false;
    (void)snprintf(health->ready, sizeof health->ready, "%s", text);
    if (health->shown != DATABASE_READY && (unwritable || health->broken)) {
        health->mending = true;
        return false;
    }
    health->mending = false;
    if (!health->clock_told)
        health->backoff_us = 0;
    return show(health, DATABASE_READY, text);
}

static bool wrote(struct health *health)
{
    if (!health->mending || health->broken)
        return false;
    health->mending = false;
    health->backoff_us = 0;
    return show(health, DATABASE_READY, health->ready);
}

static void back_off(struct health *health, mono_time now)
{
    int64_t twice = health->backoff_us * 2;
    health->backoff_us = twice < HEALTH_BACKOFF_LEAST_US  ? HEALTH_BACKOFF_LEAST_US
                         : twice > HEALTH_BACKOFF_MOST_US ? HEALTH_BACKOFF_MOST_US
                                                          : twice;
    health->retry_at.us = now.us + health->backoff_us;
}

static bool fail(struct health *health, int code, const char *text, mono_time now)
{
    enum database_state state = health_state_of(code);
    health->broken =
        state == DATABASE_DOWN && !health_is_loss(code) && (health->open || health->broken);
    health->damaged = code == -EUCLEAN;
    health->open = health->mending = false;
    health->state = state;
    health->failed_at = now;
    back_off(health, now);
    bool clock = code == -EDOM, again = health->clock_told;
    bool news = show(health, state, text);
    health->clock_told = clock;
    return clock ? !again : news;
}

bool health_step(struct health *health, enum health_event event, int code, const char *text,
                 mono_time now)
{
    switch (event) {
    case HEALTH_OPENED: return open(health, text);
    case HEALTH_WROTE: return wrote(health);
    case HEALTH_RENEWED: health->broken = health->clock_told = false; return wrote(health);
    case HEALTH_QUIET:
        if (now.us - health->failed_at.us < HEALTH_CALM_US)
            return false;
        health->broken = false;
        return wrote(health);
    case HEALTH_FAILED: return fail(health, code, text, now);
    case HEALTH_WAITS:
        health->open = false;
        health->retry_at.us = now.us + HEALTH_BACKOFF_LEAST_US;
        return false;
    }
    return false;
}
