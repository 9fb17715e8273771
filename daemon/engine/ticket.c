/* Tickets: the asks that go on. */
#include <stdlib.h>

#include "base/mem.h"
#include "engine/engine_parts.h"

struct engine_ticket *ticket_new(struct engine *engine, const struct engine_ask *ask,
                                 const struct engine_callbacks *callbacks)
{
    struct engine_ticket *ticket = MEM_NEW(struct engine_ticket), **link = &engine->tickets;
    ticket->engine = engine;
    ticket->id = ++engine->last_ticket;
    ticket->streams = ask->streams != 0 ? ask->streams : (1u << STREAM_COUNT) - 1;
    ticket->ask = *ask;
    ticket->callbacks = *callbacks;
    while (*link != NULL)
        link = &(*link)->next;
    *link = ticket;
    return ticket;
}

struct engine_ticket *ticket_find(struct engine *engine, uint64_t id)
{
    struct engine_ticket *ticket = engine->tickets;
    while (ticket != NULL && ticket->id != id)
        ticket = ticket->next;
    return ticket;
}

void ticket_watching(struct engine *engine)
{
    if (engine->writer == NULL) /* at the end */
        return;
    unsigned streams = 0;
    for (struct engine_ticket *ticket = engine->tickets; ticket != NULL; ticket = ticket->next)
        if (ticket->ask.verb == ENGINE_WATCH && !ticket->wait)
            streams |= ticket->streams;
    writer_watch(engine->writer, streams);
}

void ticket_end(struct engine *engine, struct engine_ticket *ticket, const struct engine_end *end)
{
    struct engine_ticket **link = &engine->tickets;
    while (*link != ticket)
        link = &(*link)->next;
    *link = ticket->next;
    if (!ticket->withdrawn)
        ticket->callbacks.end(ticket->callbacks.context, end);
    free(ticket);
    ticket_watching(engine);
}

void engine_withdraw(struct engine_ticket *ticket)
{
    struct engine *engine = ticket->engine;
    ticket->withdrawn = true;
    if (ticket->ask.verb == ENGINE_WATCH || ticket->parked)
        ticket_end(engine, ticket, &(struct engine_end){.result = ENGINE_CANCELLED});
    else
        reader_withdraw(engine->reader, ticket->id);
}

void engine_more(struct engine_ticket *ticket)
{
    ticket->wait = false;
    reader_more(ticket->engine->reader, ticket->id);
    ticket_watching(ticket->engine);
}
