/* Tick: streams brought up to a world time, batch by batch. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock/span.h"
#include "writer/writer_parts.h"

#define BATCH_CHANGES 2000
#define BUSY_MOST_US  INT64_C(240000000)
#define STALE_MOST    50   /* tries that failed although nobody changed anything */
#define PATIENCE_MS   1000 /* with SQLite's lock: between two looks for it a cancel is noticed */
/* The streams of a long catch-up go side by side, in slices, so that readers see tables of about
 * one age; the clock of an advance goes along with them. */
#define SLICES        40
#define SLICE_LEAST_S 86400

static void show_update(struct row_texts *texts, const struct change *change)
{
    const struct change_columns *columns = change_columns_of(change);
    char text[CELL_PRINT_MAX + 1];
    for (unsigned i = 0; i < columns->count; i++) {
        const struct cell *value = &change_after(change)[i];
        if (cell_same(&change_before(change)[i], value))
            continue;
        (void)cell_print(value, text);
        const struct cell cells[] = {cell_text(columns->table),
                                     change->cells[0],
                                     {.kind = CELL_TIME, .number = change->at},
                                     cell_text(columns->columns[i].name),
                                     value->kind == CELL_NULL ? *value : cell_text(text)};
        row_texts_add(texts, cells, schema_change.count);
    }
}

static void show_change(struct row_texts *texts, const struct change *change)
{
    const struct cell step[] = {
        change->cells[0], change->cells[2], {.kind = CELL_TIME, .number = change->at}};
    switch (change->kind) {
    case CHANGE_INSERT: row_texts_add(texts, change->cells, change->count); break;
    case CHANGE_MOVE: row_texts_add(texts, step, schema_status.count); break;
    case CHANGE_UPDATE: show_update(texts, change); break;
    }
}

static void show_to_watchers(struct writer *writer, enum stream_id stream)
{
    writer_lock(writer);
    bool watched = (writer->watching & 1u << stream) != 0;
    writer_unlock(writer);
    if (!watched)
        return;
    const struct schema_table *const tables[] = {[CHANGE_INSERT] =
                                                     schema_table(stream_info(stream)->name),
                                                 [CHANGE_MOVE] = &schema_status,
                                                 [CHANGE_UPDATE] = &schema_change};
    for (unsigned kind = 0; kind <= CHANGE_UPDATE; kind++) {
        for (size_t i = 0; i < writer->changes.count; i++)
            if (writer->changes.items[i].kind == kind)
                show_change(&writer->texts, &writer->changes.items[i]);
        if (writer->texts.count == 0)
            continue;
        struct post *post = row_texts_post(&writer->texts, 0, tables[kind]);
        post->streams = 1u << stream;
        (void)mailbox_put(writer->mailbox, post);
    }
}

/* ", 2 status changes, 1 update" */
static void say_changes(const struct store_outcome *outcome, char *out, size_t size)
{
    const struct {
        int64_t count;
        const char *what;
    } parts[] = {{outcome->moved, "status change"}, {outcome->updated, "update"}};
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof *parts && used < size; i++)
        if (parts[i].count > 0)
            used += (size_t)snprintf(out + used, size - used, ", %" PRId64 " %s%s", parts[i].count,
                                     parts[i].what, parts[i].count == 1 ? "" : "s");
}

static void note_batch(struct writer *writer, enum stream_id stream, world_time to,
                       const struct store_outcome *outcome, struct job *job)
{
    struct stream_state *state = &writer->session.state.streams[stream];
    char time[TIME_TEXT_MAX];
    state->rows += outcome->inserted;
    state->skipped += outcome->skipped;
    writer->behind_rows += writer->behind != 0 ? outcome->inserted : 0;
    if (job != NULL)
        job->rows += (uint64_t)outcome->inserted;
    if (outcome->inserted + outcome->moved + outcome->updated == 0)
        return;
    show_to_watchers(writer, stream);
    writer_lock(writer);
    char changes[80];
    say_changes(outcome, changes, sizeof changes);
    (void)snprintf(writer->shown.last_batch, sizeof writer->shown.last_batch,
                   "%s: %" PRId64 " row%s%s, up to %s", stream_info(stream)->name,
                   outcome->inserted, outcome->inserted == 1 ? "" : "s", changes,
                   time_text(to.s, time));
    writer_unlock(writer);
}

static bool begin(void *context, enum stream_id stream, bool rows)
{
    return writer_begin_batch(context, stream, rows);
}

static struct pump pump_of(struct writer *writer)
{
    struct session *session = &writer->session;
    return (struct pump){
        .store = session->store,
        .world = session->world,
        .world_id = session->state.world_id,
        .generation = session->state.generation,
        .made = session->made,
        .limit = BATCH_CHANGES,
        .rules = writer_rules(writer),
        .changes = &writer->changes,
        .begin = begin,
        .context = writer,
    };
}

static struct pump_place place_of(const struct session *session, enum stream_id stream)
{
    const struct stream_state *of = &session->state.streams[stream];
    return (struct pump_place){of->started, session->stored[stream], of->watermark};
}

static void put_place(struct session *session, enum stream_id stream,
                      const struct pump_place *place)
{
    session->stored[stream] = place->stored;
    session->state.streams[stream].started = place->started;
    session->state.streams[stream].watermark = place->reached;
}

/* One batch of one stream, up to `to`. */
static int advance_stream(struct writer *writer, enum stream_id stream, world_time to,
                          struct job *job, struct fault *fault)
{
    struct pump pump = pump_of(writer);
    struct pump_place place = place_of(&writer->session, stream), was = place;
    struct store_outcome outcome = {0};
    mono_time began = writer_mono(writer);
    int result = pump_batch(&pump, stream, &place, to, &outcome, fault);
    put_place(&writer->session, stream, &place);
    bool committed = result == 0 && place.stored.s != was.stored.s;
    if (committed) {
        writer_waits(writer, NULL);
        writer_report_health(writer, HEALTH_WROTE, 0, "");
        newest_note(&writer->newest, stream, &writer->changes);
        count_batch(writer, stream, began, &outcome);
        note_batch(writer, stream, place.stored, &outcome, job);
        if (writer->changes.count > 0)
            writer_log_lacking(writer, stream, outcome.lacks);
    }
    if (result == 0) {
        count_run(writer, stream, was.reached, place.reached, committed);
        obstacle_look(writer);
        newest_reach(&writer->newest, stream, place.reached);
    }
    if (committed || result < 0)
        writer_end_batch(writer);
    return result;
}

/* Scheduled work yields to requests. */
static bool yields_to_request(struct writer *writer, const struct job *job)
{
    writer_lock(writer);
    bool result = job == NULL && writer->current == NULL && writer->jobs.first != NULL;
    writer_unlock(writer);
    return result;
}

/* For how long, and how often, a batch has been tried in vain. */
struct patience {
    mono_time busy_since;
    unsigned stale;
};

/* Others were first; or a backup is being put back, which the tables' ages tell. */
static int follow_stale(struct writer *writer, struct fault *fault)
{
    int followed = tick_follow(writer, fault);
    int result = followed >= 0 && writer->session.has_world ? restored_look(writer, fault) : 0;
    return result < 0 ? result : followed;
}

/* Waits for what passes by itself, else gives up with `code`; 1: try again. */
static int wait_or_give_up(struct writer *writer, enum stream_id stream, int code,
                           const struct job *job, struct patience *patience, struct fault *fault)
{
    if (code == -ESTALE) {
        world_time was = writer->session.stored[stream];
        int followed = follow_stale(writer, fault);
        bool moved = followed != 0 || was.s != writer->session.stored[stream].s;
        patience->stale = moved ? 0 : patience->stale + 1;
        if (patience->stale > STALE_MOST)
            return fault_set(fault, -EUCLEAN,
                             "a row of " SCHEMA_STREAM " was changed outside credd");
        return followed < 0 ? followed : 1;
    }
    if (code != -EBUSY)
        return code;
    writer_tell_waiting(writer, fault->text);
    if (yields_to_request(writer, job))
        return -EAGAIN;
    mono_time now = writer_mono(writer);
    if (patience->busy_since.us == 0)
        patience->busy_since = now;
    if (now.us - patience->busy_since.us > BUSY_MOST_US)
        return code;
    writer_sleep(writer, BUSY_WAIT_US);
    return 1;
}

/* Never past world time, and never past the customers whom its rows need. */
static world_time target_of(struct writer *writer, enum stream_id stream, world_time to)
{
    const struct world_state *state = &writer->session.state;
    world_time target = world_earlier(to, writer_rows_until(writer));
    if (stream_info(stream)->needs_customers)
        target = world_earlier(target, state->streams[STREAM_CUSTOMERS].watermark);
    return target;
}

/* What somebody asked for is not done to another state than the one they saw. */
static int check_restored(const struct writer *writer, const struct job *job, struct fault *fault)
{
    if (job == NULL || job->restored == writer->restored)
        return 0;
    return fault_set(
        fault, -ESTALE,
        "an earlier state of the database was restored meanwhile; it is left as restored");
}

static int bring(struct writer *writer, enum stream_id stream, world_time to, struct job *job,
                 struct fault *fault)
{
    struct patience patience = {0};
    for (;;) {
        int restored = check_restored(writer, job, fault);
        if (restored < 0)
            return restored;
        world_time target = target_of(writer, stream, to);
        if (!world_before(writer->session.state.streams[stream].watermark, target) ||
            writer_halts(writer, stream) || obstacle_waits(writer, stream))
            return 0;
        enum writer_break stop = writer_break(writer);
        if (stop == BREAK_NONE && writer_is_quiet(writer))
            return -EAGAIN;
        if (stop != BREAK_NONE)
            return stop == BREAK_STOP ? -ESHUTDOWN : stop == BREAK_CANCEL ? -ECANCELED : -EAGAIN;
        int result = heartbeat_in_job(writer, fault);
        if (result < 0)
            return result;
        result = advance_stream(writer, stream, target, job, fault);
        if (result == -EPROTOTYPE) {
            obstacle_meet(writer, stream, fault);
            return 0;
        }
        if (result < 0 &&
            (result = wait_or_give_up(writer, stream, result, job, &patience, fault)) < 0)
            return result;
        if (!writer->session.has_world)
            return session_gone(&writer->session, fault);
    }
}

static int64_t outstanding(const struct world_state *state, unsigned streams, world_time to)
{
    int64_t seconds = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (streams & 1u << i && world_before(state->streams[i].watermark, to))
            seconds += to.s - state->streams[i].watermark.s;
    return seconds;
}

static world_time earliest(const struct world_state *state, unsigned streams, world_time to)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (streams & 1u << i)
            to = world_earlier(to, state->streams[i].watermark);
    return to;
}

/* Streams that refer to customers need them first; those that are held stay. */
static unsigned streams_to_move(struct writer *writer, unsigned streams)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (streams & 1u << i && stream_info((enum stream_id)i)->needs_customers)
            streams |= 1u << STREAM_CUSTOMERS;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (writer_halts(writer, (enum stream_id)i))
            streams &= ~(1u << i);
    return streams;
}

/* -EAGAIN: a pause was answered; an advance goes on after it. */
static int move_clock(struct writer *writer, world_time to, struct fault *fault)
{
    if (!writer_begin_move(writer))
        return -EAGAIN;
    int result = session_move_clock(&writer->session, to, writer_wall(writer), fault);
    writer_end_batch(writer);
    return result;
}

static int bring_slice(struct writer *writer, unsigned streams, world_time slice, bool moves_clock,
                       struct job *job, struct fault *fault)
{
    int result = check_restored(writer, job, fault);
    if (result < 0)
        return result;
    if (writer_break(writer) == BREAK_CANCEL)
        return -ECANCELED;
    if (writer_is_quiet(writer))
        return -EAGAIN;
    if (writer_halts_world(writer))
        return moves_clock ? -EAGAIN : 0;
    if (moves_clock)
        result = move_clock(writer, slice, fault);
    if (result == -ESTALE) { /* it may not be the state that the advance was asked of */
        int followed = follow_stale(writer, fault);
        if (followed == 0)
            writer_sleep(writer, BUSY_WAIT_US);
        return followed < 0 ? followed : -EAGAIN;
    }
    if (result == -EBUSY) { /* nothing of it was written: it goes on when the lock is gone */
        writer_tell_waiting(writer, fault->text);
        writer_sleep(writer, BUSY_WAIT_US);
        enum writer_break stop = writer_break(writer);
        return stop == BREAK_STOP ? -ESHUTDOWN : stop == BREAK_CANCEL ? -ECANCELED : -EAGAIN;
    }
    for (unsigned i = 0; i < STREAM_COUNT && result == 0; i++)
        if (streams & 1u << i)
            result = bring(writer, (enum stream_id)i, slice, job, fault);
    return result;
}

static int bring_slices(struct writer *writer, unsigned streams, world_time to, bool moves_clock,
                        struct job *job, struct fault *fault)
{
    enum job_kind kind = moves_clock ? JOB_ADVANCE : JOB_TICK;
    const struct world_state *state = &writer->session.state;
    int64_t total = outstanding(state, streams, to);
    world_time slice = earliest(state, streams, to);
    bool clock_left =
        moves_clock && world_before(clock_now(&state->clock, writer_wall(writer)), to);
    if (total == 0 && !clock_left)
        return 0;
    int64_t step = (to.s - slice.s) / SLICES;
    if (step < SLICE_LEAST_S)
        step = SLICE_LEAST_S;
    int result = 0;
    do {
        slice = world_earlier(world_plus(slice, step), to);
        result = bring_slice(writer, streams, slice, moves_clock, job, fault);
        int64_t rest = outstanding(&writer->session.state, streams, to);
        writer_progress(writer, job, kind, "", (uint64_t)(total > rest ? total - rest : 0),
                        (uint64_t)total);
    } while (result == 0 && world_before(slice, to));
    return result;
}

int tick_streams(struct writer *writer, unsigned streams, world_time to, bool moves_clock,
                 struct job *job, struct fault *fault)
{
    unsigned asked = streams_to_move(writer, streams);
    streams = obstacle_leaves(writer, asked);
    store_patience(writer->session.store, PATIENCE_MS);
    int result = bring_slices(writer, streams, to, moves_clock, job, fault);
    if (session_connected(&writer->session))
        store_patience(writer->session.store, 0);
    obstacle_owe(writer, asked, to);
    return result;
}

int tick_flush(struct writer *writer, struct fault *fault)
{
    struct session *session = &writer->session;
    int others = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        struct pump pump = pump_of(writer);
        struct pump_place place = place_of(session, (enum stream_id)i), was = place;
        int result = pump_flush(&pump, (enum stream_id)i, &place, fault);
        put_place(session, (enum stream_id)i, &place);
        if (result < 0 || place.stored.s != was.stored.s)
            writer_end_batch(writer);
        if (result == -ESTALE) {
            others = 1;
            result = follow_stale(writer, fault);
        }
        if (result < 0 || !session->has_world)
            return result;
    }
    return others;
}

/* After a restore all of it is read: the copy may have the very generation that is known. */
static int follow(struct writer *writer, bool whole, struct fault *fault)
{
    struct session *session = &writer->session;
    if (!whole)
        return session_follow(session, fault);
    int64_t generation = session->state.generation;
    int result = session_load(session, fault);
    if (result < 0)
        return result;
    writer->torn = false;
    writer->views_due = true;
    writer->reread++;
    return session->state.generation != generation;
}

/* Not the world that this writer has just made itself. */
static void tell_followed(struct writer *writer, const char *known, bool follows, bool restored)
{
    char *met = writer->session.known_before;
    const char *is = writer->session.state.world_id;
    const char *was = met[0] != '\0' ? met : known;
    bool own = strcmp(was, is) != 0 && strcmp(writer->newest.world_id, is) == 0;
    if ((follows || met[0] != '\0') && !own)
        writer_log_followed(writer, was, restored);
    met[0] = '\0';
}

int tick_follow(struct writer *writer, struct fault *fault)
{
    char known[STORE_NAME_MAX];
    world_time stored[STREAM_COUNT];
    bool whole = restored_is_over(writer);
    memcpy(known, writer->session.state.world_id, sizeof known);
    memcpy(stored, writer->session.stored, sizeof stored);
    restored_see(writer); /* with what this writer committed since the last look */
    int result = follow(writer, whole, fault);
    if (result > 0 || (result == 0 && whole))
        restored_see(writer);
    if (result >= 0)
        tell_followed(writer, known, result > 0, whole || writer->torn);
    if (result >= 0)
        reset_see_world(writer);
    if (result >= 0)
        obstacle_look(writer);
    if (result > 0 || (result == 0 && whole) ||
        (result == 0 && memcmp(stored, writer->session.stored, sizeof stored) != 0))
        writer_publish(writer); /* rows that others wrote change no generation */
    return result;
}
