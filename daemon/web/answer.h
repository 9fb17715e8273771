/* answer.h - an HTTP answer as bytes, with what keeps a browser from doing more with it than show
 * it. */
#ifndef CREDD_WEB_ANSWER_H
#define CREDD_WEB_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

struct evbuffer;

/* Takes the bytes of `body`; `only_head` leaves them out, and says how many they would be. */
void answer_put(struct evbuffer *out, int status, const char *type, struct evbuffer *body,
                bool only_head);
/* The beginning of a stream of events. */
void answer_stream(struct evbuffer *out);
/* A refusal in a sentence. */
void answer_refusal(struct evbuffer *out, int status, bool only_head);

#endif
