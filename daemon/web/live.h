/* live.h - what open pages are told as it happens, made once for all of them: the status, rows as
 * they are committed, and that there are newer charts. Nothing is asked while no page is open. */
#ifndef CREDD_WEB_LIVE_H
#define CREDD_WEB_LIVE_H

#include <stddef.h>

#include "web/client.h"

struct charts;
struct engine;
struct event_base;
struct evbuffer;
struct live;

#define LIVE_MAX 256 /* pages */

/* Borrows both. NULL: no timer can be made. */
struct live *live_new(struct event_base *base, struct engine *engine);
void live_free(struct live *live);

/* Begins to listen with `opening`, and with what there is. False: LIVE_MAX listen already. */
bool live_join(struct live *live, struct web_client *client, struct evbuffer *opening);
/* One that may listen goes. */
void live_leave(struct live *live, const struct web_client *client);

/* The last that were made; NULL: none. */
const struct charts *live_charts(const struct live *live);

#endif
