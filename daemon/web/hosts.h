/* hosts.h - by which names the page may be asked for. A browser that another site's name led here
 * (DNS rebinding) says that name, and gets nothing. */
#ifndef CREDD_WEB_HOSTS_H
#define CREDD_WEB_HOSTS_H

#include <stdbool.h>

#include "web/head.h"

/* `listed` is "a,b" or NULL. `own` is the address at which the client came in, "" for a Unix
 * socket. */
bool hosts_allow(const char *listed, const char *own, const char *host);
/* Whether whoever asks is a page of this very server, or no page at all. */
bool hosts_same_origin(const struct web_head *head);

#endif
