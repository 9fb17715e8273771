/* message.h - one journal message in its own memory: what the ring holds and the sinks write. */
#ifndef CREDD_SERVICE_MESSAGE_H
#define CREDD_SERVICE_MESSAGE_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/uio.h>

#include "service/journal.h"

#define MESSAGE_TEXT_MAX   1200
#define MESSAGE_FIELDS_MAX (3 + JOURNAL_FIELDS_MAX) /* the caller's and the three before them */
#define MESSAGE_ROOM       2048

/* `room` holds MESSAGE=, then MESSAGE_ID=, PRIORITY= and the caller's fields, each NUL-terminated.
 */
struct message {
    enum message_id id;
    size_t used;
    unsigned count;
    char room[MESSAGE_ROOM];
};

/* Too long a text is cut; a field that does not fit, or whose name is none, is left out. */
void message_make(struct message *message, enum message_id id, const struct journal_field *fields,
                  const char *format, va_list args) __attribute__((format(printf, 4, 0)));
/* The fields as the native protocol takes them, pointing into the message. Returns how many. */
int message_iovec(struct message *message, struct iovec items[MESSAGE_FIELDS_MAX]);
/* "<5>text\n", for standard error. Returns the length. */
size_t message_line(const struct message *message, char line[MESSAGE_TEXT_MAX + 8]);

#endif
