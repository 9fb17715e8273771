/* Backups: copies of a moment, put back as a whole or table by table while daemons go on. */
#include <string.h>

#include "simulation/play.h"

/* What was asked for since the copy was taken may be gone. */
static void excuse(struct play *play)
{
    happening_trouble(play, play->now_us);
    for (size_t i = 0; i < play->asked_count; i++)
        play->asked[i].forgone = true;
    for (size_t i = 0; i < play->promise_count; i++)
        play->promises[i].holds = false;
    sight_forget(play);
    sight_look(play, NULL);
}

/* What a daemon writes after credd_status came, and before the watermarks, would stay there. */
static void check_restored_steps(struct play *play)
{
    size_t count = 0;
    struct memory_row *const *rows = memory_rows(play->db, SCHEMA_STATUS, &count);
    const struct store_stream *stream =
        memory_stream(play->db, schema_tables[STREAM_LOAN_APPLICATIONS].name);
    for (size_t i = 0; stream != NULL && i < count; i++)
        if (rows[i]->cells[2].number > stream->watermark.s)
            play_fail(play, "restore",
                      SCHEMA_STATUS " has a row of %s beyond the watermark that was restored",
                      rows[i]->cells[0].text);
}

/* Often long enough between credd_status and the watermarks that a daemon writes in between. */
static int64_t until_next_part(struct play *play, unsigned part)
{
    if (part == MEMORY_PART_ACTS)
        return dice_size(&play->events, 1, SECOND_US / 50);
    if (part == MEMORY_PART_STATUS && dice_chance(&play->events, 1, 2))
        return SECOND_US / 3;
    return dice_size(&play->events, 1000, 4 * SECOND_US);
}

/* A restore that was overtaken by a reset is given up. */
static void restore_on(struct play *play)
{
    unsigned part = play->restored_parts++;
    play->restore_awaits = false;
    if (strcmp(memory_snapshot_world_id(play->restoring), memory_world_id(play->db)) != 0)
        play->restored_parts = MEMORY_PARTS;
    else
        memory_snapshot_restore_part(play->db, play->restoring, part);
    if (part == MEMORY_PART_STREAMS)
        check_restored_steps(play);
    play_trace(play, "part %u of an earlier state of the database is restored", part);
    play->restore_next_us = play->now_us + (play->calm ? 0 : until_next_part(play, part));
    if (play->restored_parts == MEMORY_PARTS)
        play->restoring = NULL;
    excuse(play);
}

void backups_take(struct play *play)
{
    if (play->restoring == NULL && play->snapshot_count < 3 && play->sight.has_world &&
        !memory_transaction(play->db))
        play->snapshots[play->snapshot_count++] = memory_snapshot_take(play->db);
}

/* One that first reads a state in the midst of a restore cannot know of it. */
static bool knows(const struct host *host)
{
    return !host->alive || (host->shown.known && host->shown.life == host->life && !host->excused);
}

static bool all_know(const struct play *play)
{
    bool know = true;
    for (size_t i = 0; i < play->host_count; i++)
        know = know && knows(&play->hosts[i]);
    return know;
}

static void restore_whole(struct play *play, const struct memory_snapshot *snapshot, bool replaced)
{
    play_trace(play, "an earlier state of the database is restored%s",
               replaced ? ", in another file" : "");
    memory_snapshot_restore(play->db, snapshot, replaced);
    excuse(play);
}

void backups_restore(struct play *play)
{
    struct dice *dice = &play->events;
    if (!play->weather.restores || play->snapshot_count == 0 || play->restoring != NULL)
        return;
    const struct memory_snapshot *snapshot =
        play->snapshots[dice_below(dice, play->snapshot_count)];
    unsigned how = play->weather.theme == THEME_RESTORES ? 2 : (unsigned)dice_below(dice, 3);
    if (how == 2 && play->locked_until_us == 0 && all_know(play) &&
        memory_snapshot_fits(play->db, snapshot)) {
        play->restoring = snapshot;
        play->restored_parts = 0;
        play->restore_next_us = play->now_us;
        if (dice_chance(dice, 1, 2)) { /* while much is written */
            asking_advance(play, &play->hosts[dice_below(dice, play->host_count)]);
            play->restore_next_us += 2 * SECOND_US;
            play->restore_awaits = true;
        }
        return;
    }
    if (play->weather.theme == THEME_RESTORES)
        return;
    restore_whole(play, snapshot, how == 1);
}

/* A copy of a world that is half built, which is put back before it is in place. */
static void copy_half(struct play *play)
{
    if (play->copy_us != 0 && play->now_us >= play->copy_us && play->restoring == NULL) {
        play->half = memory_snapshot_take(play->db);
        play->copy_us = 0;
    } else if (play->copy_back_us != 0 && play->now_us >= play->copy_back_us) {
        if (play->half != NULL && play->restoring == NULL)
            restore_whole(play, play->half, false);
        play->half = NULL;
        play->copy_us = play->copy_back_us = 0;
    }
}

void backups_in_reset(struct play *play)
{
    play->copy_us = play->now_us + dice_size(&play->events, 1, SECOND_US / 50);
    play->copy_back_us = play->copy_us + dice_size(&play->events, 1, SECOND_US / 20);
    play->copy_awaits = dice_chance(&play->events, 1, 2);
    if (play->copy_awaits)
        play->copy_back_us = INT64_MAX;
}

void backups_after_swap(struct play *play)
{
    if (play->copy_awaits && play->half != NULL)
        play->copy_back_us = play->now_us + dice_size(&play->events, 1, SECOND_US / 50);
    play->copy_awaits = false;
}

void backups_time(struct play *play)
{
    if (!memory_transaction(play->db))
        copy_half(play);
    while (play->restoring != NULL && play->now_us >= play->restore_next_us &&
           !memory_transaction(play->db))
        restore_on(play);
}
