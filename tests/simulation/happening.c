/* What comes from outside: faults and locks, kills, clocks, an application, restored backups. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "simulation/play.h"

/* --- faults --- */

/* A world that runs fast gets far in a short time. */
static int64_t span_of(struct play *play, int64_t most_us)
{
    int64_t most = play->weather.fast && most_us > 3 * SECOND_US ? 3 * SECOND_US : most_us;
    return dice_size(&play->events, SECOND_US / 10, most);
}

void happening_trouble(struct play *play, int64_t until_us)
{
    if (until_us > play->trouble_us)
        play->trouble_us = until_us;
}

enum fate happening_fate(void *context, enum memory_op op)
{
    static const unsigned weights[FATES] = {
        [FATE_LOST] = 4, [FATE_LOST_INSIDE] = 4, [FATE_LOST_UNDONE] = 4, [FATE_LOST_DONE] = 5,
        [FATE_BUSY] = 5, [FATE_FULL] = 2,        [FATE_READ_ONLY] = 1,   [FATE_REFUSED] = 1,
        [FATE_HANG] = 1, [FATE_HANG_UNDONE] = 1, [FATE_HANG_DONE] = 1};
    struct host *host = context;
    struct play *play = host->play;
    if (op == MEMORY_COMMIT && play->restore_awaits) {
        play->restore_awaits = false;
        play->restore_next_us = play->now_us + dice_size(&play->events, 1, SECOND_US / 20);
    }
    bool first = host->swapped && op == MEMORY_LOAD && !play->calm;
    host->swapped = host->swapped && op != MEMORY_LOAD;
    bool fails = first && dice_chance(&play->fate, 1, 3); /* before the new world is known */
    if (!fails && (play->calm || !dice_chance(&play->fate, play->weather.faults, 10000)))
        return FATE_FINE;
    enum fate fate = (enum fate)dice_choose(&play->fate, weights, FATES);
    if (fails)
        fate = dice_chance(&play->fate, 1, 2) ? FATE_BUSY : FATE_LOST;
    if (fate >= FATE_HANG)
        play->hung_until_us = play->now_us + span_of(play, 150 * SECOND_US);
    happening_trouble(play, fate >= FATE_HANG ? play->hung_until_us : play->now_us);
    play_trace(play, "%s: %s is to be %s", host->owner, memory_op_name(op), memory_fate_name(fate));
    return fate;
}

static void lock_tables(struct play *play)
{
    int64_t span = span_of(play, 120 * SECOND_US);
    if (!play->weather.locks || memory_transaction(play->db) || play->restoring != NULL)
        return;
    memory_lock(play->db, dice_chance(&play->events, 1, 4) ? MEMORY_NOTHING : MEMORY_NO_WRITES);
    play->locked_until_us = play->now_us + span;
    happening_trouble(play, play->locked_until_us);
    play_trace(play, "others lock the database for %.1f s", (double)span / 1e6);
}

/* Nobody lets a world run so fast for long. */
static void rein_in(struct play *play)
{
    struct dice *dice = &play->events;
    bool fast = play->sight.has_world && play->sight.state.clock.speed > 1000 * CLOCK_SPEED_ONE;
    if (!fast) {
        play->fast_until_us = 0;
        return;
    }
    if (play->fast_until_us == 0)
        play->fast_until_us = play->now_us + dice_size(dice, SECOND_US / 20, SECOND_US);
    if (play->now_us < play->fast_until_us)
        return;
    struct request request = {.kind = REQUEST_ACT, .by = {.user = "root"}};
    request.act.kind = ACT_SPEED;
    request.act.speed.factor = CLOCK_SPEED_ONE * (dice_chance(dice, 1, 2) ? 0 : 1);
    (void)asking_put(play, &play->hosts[dice_below(dice, play->host_count)], &request);
    play->fast_until_us = play->now_us + SECOND_US / 2;
}

static void take_back(struct play *play, enum stream_id stream)
{
    memory_refuse(play->db, stream_info(stream)->name, false);
    play->refused_until_us[stream] = 0;
    happening_trouble(play, play->now_us);
    play_trace(play, "%s takes rows again", stream_info(stream)->name);
}

/* The application alters a table for a while. */
void happening_alter(struct play *play, int64_t span_us)
{
    enum stream_id stream = (enum stream_id)dice_below(&play->events, STREAM_COUNT);
    if (!play->weather.alters || play->refused_until_us[stream] != 0 ||
        memory_transaction(play->db))
        return;
    memory_refuse(play->db, stream_info(stream)->name, true);
    play->refused_until_us[stream] = play->now_us + span_us;
    play_trace(play, "%s takes no rows for %.1f s", stream_info(stream)->name,
               (double)span_us / 1e6);
}

static void restart_server(struct play *play)
{
    if (play->restoring != NULL)
        return;
    play_trace(play, "the server restarts");
    happening_trouble(play, play->now_us);
    memory_server_restart(play->db);
}

static void slow_down(struct play *play)
{
    play->slow_until_us = play->now_us + dice_size(&play->events, SECOND_US, 30 * SECOND_US);
    happening_trouble(play, play->slow_until_us);
}

/* --- daemons --- */

static void end_daemon(struct play *play, struct host *host)
{
    static const unsigned weights[] = {5, 2, 3};
    size_t how = host->doomed_us != 0 ? 0 : dice_choose(&play->events, weights, 3);
    host->doomed_us = 0;
    if (!play->weather.kills || !host->alive || host->stopping)
        return;
    bool undisturbed = play->host_count == 1 && play->now_us - play->trouble_us > 10 * SECOND_US &&
                       play->now_us - play->amended_us > SECOND_US;
    host->killed_us = undisturbed && how != 2 ? play->now_us : 0;
    host->then = host->shown;
    happening_trouble(play, play->now_us);
    if (how == 2) {
        play_trace(play, "%s is to end", host->owner);
        host->stopping = true;
        if (host->between)
            host->threads[0].until_us = play->now_us;
    } else {
        host_kill(host, how == 1);
    }
    host->start_us = play->now_us + dice_size(&play->events, 1000, 40 * SECOND_US);
}

static void freeze(struct play *play, struct host *host)
{
    host->frozen_us = play->now_us + span_of(play, 300 * SECOND_US);
    happening_trouble(play, host->frozen_us);
    play_trace(play, "%s does not run for %.1f s", host->owner,
               (double)(host->frozen_us - play->now_us) / 1e6);
}

/* --- clocks --- */

#define OWED_MOST_S INT64_C(34560000) /* more rows than this leaves are too many for one run */

static int64_t longest_step_us(const struct play *play)
{
    int64_t speed = play->sight.has_world ? play->sight.state.clock.speed / CLOCK_SPEED_ONE : 1;
    return OWED_MOST_S / (speed > 1 ? speed : 1) * SECOND_US;
}

static void turn_clock(struct play *play, struct host *host)
{
    struct dice *dice = &play->events;
    /* A step that is shorter than half a second is adjustment to the daemon; one of more than a
     * week has to be confirmed. */
    int64_t by = dice_chance(dice, 1, 12)
                     ? dice_between(dice, 0, 20) * 86400 * SECOND_US + SECOND_US
                     : dice_size(dice, 6 * SECOND_US / 10, 7200 * SECOND_US);
    by = play->weather.fast ? 6 * SECOND_US / 10 + by % SECOND_US : by;
    by = play->host_count > 1 ? SECOND_US + by % (600 * SECOND_US) : by; /* two clocks stay near */
    if (by > longest_step_us(play))
        by = longest_step_us(play);
    by = dice_chance(dice, 1, 2) ? by : -by;
    sight_note_clock(play);
    happening_trouble(play, play->now_us);
    if (dice_chance(dice, 1, 4)) {
        virtual_time_slew(&host->time, by % SECOND_US);
        host->slack_s = play->weather.fast ? 2000 : 2;
        return;
    }
    /* Two steps that it sees as one may be adjustment. */
    if (host->frozen_us > play->now_us || host->turns <= host->step_turns + 1)
        host->slack_s = play->weather.fast ? 50000 : 60;
    host->step_turns = host->turns;
    if (by < 0)
        play->set_back_us = play->now_us;
    play_trace(play, "the wall clock of %s is set by %.3f s", host->owner, (double)by / 1e6);
    virtual_time_step(&host->time, by);
    if (host->time.wall_us > play->wall_most_us)
        play->wall_most_us = host->time.wall_us;
    if (host->between) /* the timer of the loop ends with a step */
        host->threads[0].until_us = play->now_us;
    sight_note_clock(play);
}

/* --- an application --- */

void happening_touch(struct play *play, const char *key)
{
    if (play->touched_count == TOUCHED_MAX) {
        play->all_touched = true;
        return;
    }
    (void)snprintf(play->touched[play->touched_count++], STORE_NAME_MAX, "%s", key);
}

static void insert_row(struct play *play)
{
    char key[] = "APP-000";
    struct cell cells[CHANGE_CELLS_MAX] = {0};
    cells[0] = (struct cell){.kind = CELL_TEXT, .length = sizeof key - 1, .text = key};
    key[4] = (char)('0' + play->touched_count / 100 % 10);
    key[5] = (char)('0' + play->touched_count / 10 % 10);
    key[6] = (char)('0' + play->touched_count % 10);
    if (memory_insert(play->db, "market_data", cells, schema_tables[STREAM_MARKET_DATA].count) == 0)
        happening_touch(play, key);
}

static void application(struct play *play)
{
    struct dice *dice = &play->events;
    unsigned table = (unsigned)dice_below(dice, SCHEMA_TABLES);
    const char *name = schema_tables[table].name;
    const struct cell status = {.kind = CELL_TEXT, .length = 6, .text = "Denied"};
    char key[STORE_NAME_MAX];
    size_t count = 0;
    struct memory_row *const *rows = memory_rows(play->db, name, &count);
    if (!play->weather.application || play->restoring != NULL || count == 0 ||
        play->touched_count + 4 > TOUCHED_MAX)
        return;
    (void)snprintf(key, sizeof key, "%s", rows[dice_below(dice, count)]->cells[0].text);
    if (dice_chance(dice, 1, 3)) {
        insert_row(play);
    } else {
        const bool moves = table == STREAM_CUSTOMERS && dice_chance(dice, 1, 2);
        int done = moves                       ? memory_update(play->db, name, key, "city", &status)
                   : table == STREAM_CUSTOMERS ? memory_delete_customer(play->db, key)
                                               : -1;
        if (table == STREAM_LOAN_APPLICATIONS)
            done = memory_update(play->db, name, key, "status", &status);
        if (table != STREAM_CUSTOMERS && done != 0)
            done = memory_delete(play->db, name, key);
        if (done == 0)
            happening_touch(play, key);
    }
    play->dirty = true;
    sight_look(play, NULL);
}

/* --- in the midst of a reset --- */

void happening_call_done(struct host *host, enum memory_op op)
{
    struct play *play = host->play;
    struct dice *dice = &play->events;
    if (play->weather.theme != THEME_RESETS || play->calm)
        return;
    if (op == MEMORY_SWAP && dice_chance(dice, 1, 4)) /* before it is all carried over */
        host->doomed_us = play->now_us + dice_size(dice, 1, SECOND_US / 200);
    if (op == MEMORY_SWAP) {
        host->swapped = true;
        backups_after_swap(play);
    }
    if (op == MEMORY_SHADOW_BEGIN && dice_chance(dice, 1, 4))
        backups_in_reset(play);
    for (int i = 0; op == MEMORY_SHADOW_BEGIN && i < 3; i++) /* what is to be carried over */
        asking_random(play, &play->hosts[dice_below(dice, play->host_count)]);
}

static void in_resets(struct play *play)
{
    for (size_t i = 0; i < play->host_count; i++)
        if (play->hosts[i].doomed_us != 0 && play->now_us >= play->hosts[i].doomed_us)
            end_daemon(play, &play->hosts[i]);
}

/* At each step: ends locks and refusals whose time is up, and brings a restore on. */
void happening_time(struct play *play)
{
    rein_in(play);
    in_resets(play);
    if (play->locked_until_us != 0 && play->now_us >= play->locked_until_us) {
        memory_lock(play->db, MEMORY_FREE);
        play->locked_until_us = 0;
        play_trace(play, "others unlock the database");
    }
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (play->refused_until_us[i] != 0 && play->now_us >= play->refused_until_us[i])
            take_back(play, (enum stream_id)i);
    memory_server_time(play->db, play->now_us / SECOND_US + 1);
    backups_time(play);
}

/* --- one of them --- */

static struct host *some_host(struct play *play)
{
    return &play->hosts[dice_below(&play->events, play->host_count)];
}

enum event {
    EVENT_ASK,
    EVENT_RELOAD,
    EVENT_LOCK,
    EVENT_SERVER,
    EVENT_SLOW,
    EVENT_END,
    EVENT_FREEZE,
    EVENT_CLOCK,
    EVENT_APPLICATION,
    EVENT_BACK_UP,
    EVENT_RESTORE,
    EVENT_ALTER,
    EVENTS,
};

static void happen(struct play *play, enum event event)
{
    struct host *host = some_host(play);
    switch (event) {
    case EVENT_ASK: asking_random(play, host); break;
    case EVENT_RELOAD:
        asking_reload(play, host, settings_other(play->seed % settings_count(), &play->events));
        break;
    case EVENT_LOCK: lock_tables(play); break;
    case EVENT_SERVER: restart_server(play); break;
    case EVENT_SLOW: slow_down(play); break;
    case EVENT_END: end_daemon(play, host); break;
    case EVENT_FREEZE:
        if (play->weather.clocks)
            freeze(play, host);
        break;
    case EVENT_CLOCK:
        if (play->weather.clocks)
            turn_clock(play, host);
        break;
    case EVENT_APPLICATION: application(play); break;
    case EVENT_BACK_UP: backups_take(play); break;
    case EVENT_RESTORE: backups_restore(play); break;
    case EVENT_ALTER: happening_alter(play, span_of(play, 150 * SECOND_US)); break;
    case EVENTS: break;
    }
}

void happening_cruel(struct play *play)
{
    static const unsigned weights[EVENTS] = {
        [EVENT_ASK] = 10,   [EVENT_LOCK] = 1,        [EVENT_SERVER] = 2,  [EVENT_END] = 8,
        [EVENT_CLOCK] = 2,  [EVENT_APPLICATION] = 2, [EVENT_BACK_UP] = 2, [EVENT_RESTORE] = 2,
        [EVENT_FREEZE] = 1, [EVENT_ALTER] = 1};
    happen(play, (enum event)dice_choose(&play->events, weights, EVENTS));
}

/* Much comes together while a world is built. */
static void crowd(struct play *play)
{
    play->crowd--;
    play->next_event_us = play->now_us + dice_size(&play->events, 1000, SECOND_US / 4);
    happening_cruel(play);
}

void happening_next(struct play *play)
{
    unsigned copies = play->weather.theme == THEME_RESTORES ? 30 : 3;
    unsigned ends = play->weather.theme == THEME_RESETS ? 20 : 6;
    bool clocks = play->weather.theme == THEME_CLOCKS;
    const unsigned weights[EVENTS] = {[EVENT_ASK] = 40,
                                      [EVENT_RELOAD] = 2,
                                      [EVENT_LOCK] = clocks ? 12 : 3,
                                      [EVENT_SERVER] = 2,
                                      [EVENT_SLOW] = 2,
                                      [EVENT_END] = ends,
                                      [EVENT_FREEZE] = 2,
                                      [EVENT_CLOCK] = clocks ? 16 : 4,
                                      [EVENT_APPLICATION] = 6,
                                      [EVENT_BACK_UP] = copies,
                                      [EVENT_RESTORE] = copies,
                                      [EVENT_ALTER] = 6};
    if (play->crowd > 0) {
        crowd(play);
        return;
    }
    play->next_event_us = play->now_us + dice_size(&play->events, 1000, play->weather.most_gap_us);
    happen(play, (enum event)dice_choose(&play->events, weights, EVENTS));
}

/* --- the beginning and the end of the disorder --- */

static bool often(struct play *play)
{
    return dice_chance(&play->events, 2, 3);
}

static void set_theme(struct play *play)
{
    struct weather *weather = &play->weather;
    static const enum theme themes[] = {THEME_NONE, THEME_NONE,   THEME_NONE,   THEME_NONE,
                                        THEME_NONE, THEME_CLOCKS, THEME_RESETS, THEME_RESTORES};
    weather->theme = themes[dice_below(&play->events, sizeof themes / sizeof *themes)];
    /* A world that begins now is like no other, and takes long to make. */
    if (weather->theme == THEME_RESETS && settings_of(play->seed % settings_count())->start_now)
        weather->theme = THEME_NONE;
    if (weather->theme == THEME_NONE)
        return;
    weather->fast = false;
    weather->most_gap_us = SECOND_US;
    weather->calm_us = 20 * SECOND_US;
    weather->restores = weather->restores || weather->theme != THEME_CLOCKS;
    if (weather->theme == THEME_RESETS)
        weather->resets = weather->kills = true;
    if (weather->theme == THEME_CLOCKS)
        weather->clocks = weather->locks = true;
}

void happening_open(struct play *play)
{
    struct dice *dice = &play->events;
    size_t which = play->seed % settings_count();
    int64_t wall = settings_wall_us(which);
    play->weather = (struct weather){
        .calm_us = dice_between(dice, 10, 90) * SECOND_US,
        .faults = often(play) ? (unsigned)dice_size(dice, 1, 300) : 0,
        .cruelty = (unsigned)dice_size(dice, 1, 200),
        .latency = (unsigned)dice_between(dice, 0, 30),
        .most_gap_us = dice_size(dice, 2 * SECOND_US, 30 * SECOND_US),
        .kills = often(play),
        .clocks = often(play),
        .restores = dice_chance(dice, 1, 3),
        .resets = often(play) && (!settings_of(which)->start_now || dice_chance(dice, 1, 10)),
        .application = dice_chance(dice, 1, 3),
        .alters = dice_chance(dice, 1, 3),
        .locks = often(play),
        .disk_faults = dice_chance(dice, 1, 4),
        .fast = dice_chance(dice, 1, 3),
    };
    set_theme(play);
    play->host_count = dice_chance(dice, 1, 3) || play->weather.theme == THEME_RESETS ? 2 : 1;
    if (play->host_count > 1) /* two clocks that differ by seconds would be months apart */
        play->weather.fast = false;
    play->next_event_us = dice_size(dice, 1000, play->weather.most_gap_us);
    for (size_t i = 0; i < play->host_count; i++) {
        struct host *host = &play->hosts[i];
        int64_t off = i > 0 && play->weather.clocks ? dice_between(dice, -2, 2) * SECOND_US : 0;
        host_open(play, host, settings_of(which), wall + off);
        host->start_us = i > 0 ? dice_size(dice, 1, 5 * SECOND_US) : 0;
    }
    play->wall_most_us = wall;
}

void happening_calm(struct play *play)
{
    play_trace(play, "from now on nothing is in the way");
    play->calm = true;
    play->next_event_us = NEVER_US;
    play->hung_until_us = play->slow_until_us = play->now_us;
    if (play->locked_until_us != 0)
        play->locked_until_us = play->now_us;
    play->restore_next_us = play->now_us;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (play->refused_until_us[i] != 0)
            play->refused_until_us[i] = play->now_us;
    happening_trouble(play, play->now_us);
    play->trouble_us = play->now_us;
    for (size_t i = 0; i < play->host_count; i++) {
        struct host *host = &play->hosts[i];
        host->frozen_us = 0;
        if (host->start_us > play->now_us)
            host->start_us = play->now_us;
    }
}
