/* engine_parts.h - inside the engine's loop side: its state, for engine.c, ticket.c, ask.c,
 * operate.c, reconfigure.c, agenda.c and report.c. */
#ifndef CREDD_ENGINE_ENGINE_PARTS_H
#define CREDD_ENGINE_ENGINE_PARTS_H

#include "clock/system.h"
#include "engine/channel.h"
#include "engine/engine.h"
#include "engine/notes.h"
#include "engine/reader.h"
#include "engine/writer.h"

struct event;

struct engine_ticket {
    struct engine_ticket *next;
    struct engine *engine;
    uint64_t id;
    struct engine_ask ask;
    unsigned streams; /* the ask's; all of them instead of none */
    struct engine_callbacks callbacks;
    bool withdrawn; /* nobody listens any more; the job goes on */
    bool wait;      /* WATCH: the listener does not keep up */
    bool draining;  /* PAUSE: ends when no batch is in hand */
    bool parked;    /* waits until the world is known: a moment after the start */
    uint64_t dropped;
};

struct engine {
    struct event_base *base;
    const struct config *config;
    struct journal *journal;
    const struct time_source *time;
    struct channel channel;
    struct event *wake, *timer, *steps, *hour;
    int step_fd;
    struct writer *writer;
    struct reader *reader;
    struct notes notes;
    char keeper[STORE_VALUE_MAX];
    struct engine_ticket *tickets;
    uint64_t last_ticket;
    unsigned operations;     /* made so far: a part of their ids */
    struct writer_view view; /* as the writer last told */
    bool has_record;
    struct record record; /* the view's with what is pending applied: what everybody is shown */
    int64_t reached_us; /* the furthest world time shown of `record`'s world: it never goes back */
    struct zone *zone;  /* of the record's time zone */
    struct {
        bool has_record, has_job;
        enum database_state state;
        char world_id[STORE_NAME_MAX];
        int64_t generation;
    } known;           /* of the view, to those whom its changes concern */
    bool settled;      /* the first world was seen, restart and notes are dealt with */
    uint64_t settling; /* ticket of the operation that settles it */
    bool has_next[STREAM_COUNT];
    world_time next[STREAM_COUNT];
    uint64_t told_done, told_total; /* the last progress told, */
    mono_time told_at;              /* and when */
    wall_time last_wall;            /* to notice steps */
    mono_time last_mono;
    mono_time summed_up; /* when the last summary was told */
    void (*changed)(void *context);
    void *changed_context;
};

wall_time engine_wall(const struct engine *engine);
mono_time engine_mono(const struct engine *engine);
void engine_changed(struct engine *engine);

/* One by the daemon itself (peer NULL), or by whom it acts for, because of the configuration. */
struct operation engine_own_operation(const struct engine *engine, enum operation_kind kind,
                                      const struct engine_peer *peer);
/* Gives it an id that no other has in its world. */
void engine_name_operation(struct engine *engine, struct operation *operation);
/* Puts an operation into force here and hands it to the writer. `ticket` 0: nobody waits. Returns
 * false with a fault if it is refused as things are. */
bool engine_operate(struct engine *engine, struct operation *operation, uint64_t ticket,
                    struct fault *fault);
/* The database knows it, or never will: it does not wait any more. */
void engine_drop_operation(struct engine *engine, const char *id);
/* Tells the journal of one that failed and that nobody waits for. */
void engine_tell_lost(struct engine *engine, const struct operation *operation, const char *why);
/* Tells the journal why the clock of `record` waits for confirmation, if it does. */
void engine_tell_held(const struct engine *engine, const struct record *record);
void engine_write_notes(struct engine *engine);
/* World time now, noted so that nothing shown later is before it. */
world_time engine_now(struct engine *engine, wall_time wall);
/* The record that everybody is shown, made anew from the view and the pending operations. */
void engine_merge(struct engine *engine);
/* Operations that follow from the configuration, where it differs from what was last put into
 * force. */
void engine_apply_configured(struct engine *engine, const struct engine_peer *peer);

struct engine_ticket *ticket_new(struct engine *engine, const struct engine_ask *ask,
                                 const struct engine_callbacks *callbacks);
struct engine_ticket *ticket_find(struct engine *engine, uint64_t id);
void ticket_end(struct engine *engine, struct engine_ticket *ticket, const struct engine_end *end);
/* Asks anew what waited for the world, or refuses it when the database can not be used. */
void ask_parked(struct engine *engine);
/* What the writer should gather for watchers. */
void ticket_watching(struct engine *engine);

int agenda_open(struct engine *engine, struct fault *fault);
void agenda_close(struct engine *engine);
/* The last summary, if there is anything to sum up: the next start counts from nothing. */
void agenda_sum_up(struct engine *engine);
/* Works out the next runs and arms the timers. */
void agenda_arm(struct engine *engine);
/* Notices a step of the wall clock since the last call: before anything is read from it. */
void agenda_note_step(struct engine *engine, wall_time wall);
/* Ends what was asked for a time that is up. */
void agenda_end_expired(struct engine *engine, wall_time wall);
/* Next runs from world time now on, not from the run before (after a change of the clock or a
 * schedule). */
void agenda_reset(struct engine *engine);

/* The line of the report that says what waits for a reset. */
void report_pending(const struct engine *engine, char *out, size_t size);

#endif
