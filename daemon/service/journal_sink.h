/* journal_sink.h - inside service/: where a journal's thread writes to. */
#ifndef CREDD_SERVICE_JOURNAL_SINK_H
#define CREDD_SERVICE_JOURNAL_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "service/journal.h"

/* How many messages wait for a stalled reader before new ones are dropped. */
#define JOURNAL_RING 256

/* A journal that writes lines to `fd` (borrowed until journal_free), or with the native protocol.
 */
struct journal *journal_new_on(int fd, bool native);
/* True if `stream` ("DEVICE:INODE", as $JOURNAL_STREAM has it; NULL: false) names what `fd` is. */
bool journal_stream_is(const char *stream, int fd);

#endif
