/* Reset: does to the new world what another daemon did to the old one while the new one was built,
 * in the same name and at the same time. The other acts are kept for the history. The old world's
 * tables stay until all of it is done: after a kill, whoever is there goes on with it. */
#include <errno.h>
#include <string.h>

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

/* What leaves nothing to carry over is kept for the history alone. Negative: not now. */
static int carry(struct writer *writer, const struct store_act *row, const char *old_id,
                 struct fault *fault)
{
    struct act act;
    bool recorded = false;
    int result = 0;
    if (is_for_the_new(row, old_id, &act))
        result = session_act(&writer->session, &act, &recorded, fault);
    if (result == -ACT_REFUSED || result == -EINVAL || result == -ERANGE) {
        tell_lost(writer, &act, fault->text);
        result = 0;
    }
    if (result == 0 && !recorded)
        result = session_record(&writer->session, row, fault);
    return result;
}

/* Those that the new world does not have are the last ones; where it has none of them, it did not
 * come from that world. */
static int find_first(struct writer *writer, const struct store_description *late, size_t *ret_from,
                      struct fault *fault)
{
    size_t from = late->act_count;
    bool known = false;
    while (from > 0 && !known) {
        int result = store_has_act(writer->session.store, late->acts[from - 1].id, &known, fault);
        if (result < 0)
            return result;
        from -= known ? 0 : 1;
    }
    *ret_from = known ? from : late->act_count;
    return 0;
}

static int carry_all(struct writer *writer, const struct store_description *late,
                     struct fault *fault)
{
    size_t from = 0;
    if (strcmp(late->world_id, writer->session.state.world_id) == 0)
        return 0;
    int result = find_first(writer, late, &from, fault);
    for (size_t i = from; result == 0 && i < late->act_count; i++)
        result = carry(writer, &late->acts[i], late->world_id, fault);
    return result;
}

int reset_carry_on(struct writer *writer, struct fault *fault)
{
    struct store_description late = {0};
    if (!world_state_can_go_on(&writer->session.state))
        return 0;
    int result = store_load_replaced(writer->session.store, &late, fault);
    if (result == 0)
        result = carry_all(writer, &late, fault);
    else if (result == -ENOENT)
        result = 0;
    else if (result == -EUCLEAN || result == -EPROTO) {
        event_log(writer->journal, MESSAGE_CHANGE_LOST, &(struct event_about){0},
                  "what another daemon did during the last reset cannot be read: %s", fault->text);
        result = 0;
    }
    store_description_done(&late);
    return result;
}

void reset_see_world(struct writer *writer)
{
    const struct session *session = &writer->session;
    if (!session->has_world || strcmp(writer->carry_to, session->state.world_id) == 0)
        return;
    memcpy(writer->carry_to, session->state.world_id, sizeof writer->carry_to);
    writer->carry_due = true;
}
