/* What follows from the configuration: acts, the next world, what waits for a reset. */
#include <stdio.h>
#include <string.h>

#include "base/text_list.h"
#include "engine/engine_parts.h"
#include "mail/event_log.h"
#include "state/wanted.h"

/* --- acts --- */

static struct configured configured_now(const struct config *config)
{
    struct configured now = {.speed = config->speed};
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        now.tempo[i] = config->streams[i].tempo;
        now.enabled[i] = config->streams[i].enabled;
    }
    return now;
}

static void take(struct engine *engine, struct act *act)
{
    struct act_taken taken;
    struct fault fault;
    (void)snprintf(act->reason, sizeof act->reason, "the configuration changed");
    if (act_take(engine, act, &(struct act_how){.keep = true}, &taken, &fault) < 0)
        act_tell_lost(engine, act, fault.text);
}

static void take_stream(struct engine *engine, enum stream_id stream, const struct configured *was,
                        const struct configured *is, const struct actor *by)
{
    if (was->tempo[stream] != is->tempo[stream]) {
        struct act act = act_own(engine, ACT_TEMPO, by);
        act.tempo = (struct act_tempo){.stream = stream, .factor = is->tempo[stream]};
        take(engine, &act);
    }
    if (was->enabled[stream] != is->enabled[stream]) {
        struct act act = act_own(engine, is->enabled[stream] ? ACT_ENABLE : ACT_DISABLE, by);
        act.toggle.stream = stream;
        take(engine, &act);
    }
}

void configured_apply(struct engine *engine, const struct actor *by)
{
    struct pending_log *pending = &engine->pending;
    const struct configured was = pending->configured, is = configured_now(engine->config);
    struct fault fault;
    if (pending->has_configured) {
        if (was.speed != is.speed) {
            struct act act = act_own(engine, ACT_SPEED, by);
            act.speed.factor = is.speed;
            take(engine, &act);
        }
        for (unsigned i = 0; i < STREAM_COUNT; i++)
            take_stream(engine, (enum stream_id)i, &was, &is, by);
    }
    pending->has_configured = true;
    pending->configured = is;
    if (pending_log_save(pending, &fault) < 0)
        event_log(engine->journal, MESSAGE_NOTE_FAILED, &(struct event_about){0}, "%s", fault.text);
}

/* --- another configuration --- */

struct differences {
    char *changed, *pending; /* of 1024 bytes each */
};

/* Streams have lines of their own, and what a reset brings is told with its values. */
static void say_difference(void *context, const char *section, const struct config_key *key)
{
    const struct differences *differences = context;
    bool at_once = strcmp(key->takes_effect, "at once") == 0;
    bool reset = strcmp(key->takes_effect, "at the next reset") == 0;
    if (strncmp(section, "stream ", 7) == 0 || (reset && strcmp(key->name, "start") != 0))
        return;
    if (at_once)
        text_list_add(differences->changed, 1024, "; ", "%s.%s", section, key->name);
    else
        text_list_add(differences->pending, 1024, "; ", "%s.%s takes effect at the next %s",
                      section, key->name, reset ? "'credctl reset'" : "restart");
}

void configured_replace(struct engine *engine, const struct config *config, const struct actor *by,
                        char changed[1024], char pending[1024])
{
    char reset[512];
    changed[0] = pending[0] = '\0';
    wanted_streams(engine->config, config, changed);
    config_compare(engine->config, config, say_difference, &(struct differences){changed, pending});
    engine->config = config;
    engine->scheduler.cache = (struct due_cache){0}; /* schedules may be others */
    shown_remake(engine);
    reset[0] = '\0';
    if (engine->has_world)
        wanted_at_reset(&engine->shown, config, reset, sizeof reset);
    if (reset[0] != '\0')
        text_list_add(pending, 1024, "; ", "at the next 'credctl reset': %s", reset);
    const struct wanted wanted = wanted_now(config);
    writer_update(engine->writer, &wanted);
    reader_update(engine->reader, &wanted.rules);
    if (engine->phase == ENGINE_RUNS) {
        struct fault fault;
        struct act_taken taken;
        struct act reload = act_own(engine, ACT_RELOAD, by);
        (void)snprintf(reload.reason, sizeof reload.reason, "%.250s", changed);
        (void)act_take(engine, &reload, &(struct act_how){.insist = true}, &taken, &fault);
        configured_apply(engine, by);
    }
    engine_changed(engine);
}
