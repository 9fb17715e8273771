/* Reset: does to the new world what another daemon did to the old one while the new one was built,
 * in the same name and at the same time. The other acts are kept for the history. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "mail/event_log.h"
#include "writer/writer_parts.h"

static void tell_lost(const struct writer *writer, const struct act *act, const char *why)
{
    event_log(writer->journal, MESSAGE_CHANGE_LOST,
              &(struct event_about){.peer = &act->by, .reason = act->reason},
              "%s during the reset could not be carried over: %s", act_info(act->kind)->name, why);
}

/* Acts that set how the world runs hold for the next one too; those about where the clock stood, or
 * was moved to, concern the old one only. */
static bool is_carried(enum act_kind kind)
{
    return kind == ACT_PAUSE || kind == ACT_RESUME || kind == ACT_SPEED || kind == ACT_TEMPO ||
           kind == ACT_ENABLE || kind == ACT_DISABLE;
}

/* A pause of the new world that is over is ended there by each daemon by itself. */
static bool is_own_resume(const struct act *act)
{
    return act->kind == ACT_RESUME && act->by.uid < 0;
}

/* One that is to be done to the new world. */
static bool is_for_the_new(const struct store_act *row, const char *old_id, struct act *ret_act)
{
    struct fault unknown;
    return strcmp(row->world_id, old_id) == 0 && act_decode(row, ret_act, &unknown) == 0 &&
           is_carried(ret_act->kind) && !is_own_resume(ret_act);
}

/* Where the database is in the way it waits like other acts, before those that were asked for here.
 */
static void carry_later(struct writer *writer, const struct store_description *late, size_t from)
{
    for (size_t i = late->act_count; i-- > from;) {
        struct act act;
        if (!is_for_the_new(&late->acts[i], late->world_id, &act)) {
            event_log(writer->journal, MESSAGE_CHANGE_LOST, &(struct event_about){0},
                      "%s by another daemon during the reset is not in the history: the database "
                      "was in the way",
                      late->acts[i].kind);
            continue;
        }
        struct job *job = MEM_NEW(struct job);
        job->asked = (struct writer_job){.task = TASK_ACT, .act = act};
        writer_put_act_first(writer, job);
    }
}

/* What leaves nothing to carry over is kept for the history alone. Negative: not now. */
static int carry(struct writer *writer, const struct store_act *row, const char *old_id)
{
    struct fault fault = {.text = ""};
    struct act act;
    bool recorded = false;
    int result = 0;
    if (is_for_the_new(row, old_id, &act))
        result = session_act(&writer->session, &act, &recorded, &fault);
    if (result == -ACT_REFUSED || result == -EINVAL || result == -ERANGE) {
        tell_lost(writer, &act, fault.text);
        result = 0;
    }
    if (result == 0 && !recorded)
        result = session_record(&writer->session, row, 1, &fault);
    return result;
}

static void carry_all(struct writer *writer, const struct store_description *late, int64_t last_seq)
{
    for (size_t i = 0; i < late->act_count; i++)
        if (late->acts[i].seq > last_seq && carry(writer, &late->acts[i], late->world_id) < 0) {
            carry_later(writer, late, i);
            return;
        }
}

void reset_carry_lost(const struct writer *writer, const char *why)
{
    event_log(writer->journal, MESSAGE_CHANGE_LOST, &(struct event_about){0},
              "what another daemon did during the reset could not be read: %s", why);
}

void reset_carry_over(struct writer *writer, const struct store_description *past)
{
    struct fault fault = {.text = ""};
    struct store_description late = {0};
    int64_t last_seq = past->act_count > 0 ? past->acts[past->act_count - 1].seq : 0;
    if (store_load_replaced(writer->session.store, &late, &fault) < 0)
        reset_carry_lost(writer, fault.text);
    else
        carry_all(writer, &late, last_seq);
    store_description_done(&late);
}
