/* reader.h - the reader thread: verify, digest, export and history over a connection of its own. */
#ifndef CREDD_ENGINE_READER_H
#define CREDD_ENGINE_READER_H

#include "clock/system.h"
#include "engine/channel.h"
#include "engine/plan.h"

struct reader;

int reader_new(const struct config *config, const struct time_source *time, struct channel *channel,
               struct reader **ret_reader, struct fault *fault);
/* False if the thread had to be abandoned. */
bool reader_free(struct reader *reader);

/* Takes a copy of the ask (VERIFY, EXPORT or HISTORY). -EAGAIN: too many wait already. */
int reader_submit(struct reader *reader, uint64_t ticket, const struct engine_ask *ask);
/* The loop has handed on one post of the ticket; `wait`: no more for now. */
void reader_delivered(struct reader *reader, uint64_t ticket, bool wait);
void reader_more(struct reader *reader, uint64_t ticket);
/* Nobody wants the rest. */
void reader_withdraw(struct reader *reader, uint64_t ticket);

#endif
