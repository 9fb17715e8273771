/* Another configuration: what takes effect at once, and what waits. */
#include <stdio.h>
#include <string.h>

#include "engine/engine_parts.h"

static void remember_configured(struct engine *engine)
{
    struct notes *notes = &engine->notes;
    notes->configured = true;
    notes->speed = engine->config->speed;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        notes->tempo[i] = engine->config->streams[i].tempo;
        notes->enabled[i] = engine->config->streams[i].enabled;
    }
    engine_write_notes(engine);
}

static void operate_configured(struct engine *engine, struct operation *operation)
{
    struct fault fault;
    if (!engine_operate(engine, operation, 0, &fault))
        engine_tell_lost(engine, operation, fault.text);
}

void engine_apply_configured(struct engine *engine, const struct engine_peer *peer)
{
    const struct notes *notes = &engine->notes;
    if (notes->configured && notes->speed != engine->config->speed) {
        struct operation speed = engine_own_operation(engine, OPERATION_SPEED, peer);
        speed.value = engine->config->speed;
        operate_configured(engine, &speed);
    }
    for (unsigned i = 0; i < STREAM_COUNT && notes->configured; i++) {
        const struct config_stream *stream = &engine->config->streams[i];
        if (notes->tempo[i] != stream->tempo) {
            struct operation tempo = engine_own_operation(engine, OPERATION_TEMPO, peer);
            tempo.streams = 1u << i;
            tempo.value = stream->tempo;
            operate_configured(engine, &tempo);
        }
        if (notes->enabled[i] != stream->enabled) {
            struct operation enable = engine_own_operation(engine, OPERATION_SWITCH, peer);
            enable.streams = 1u << i;
            enable.value = stream->enabled;
            operate_configured(engine, &enable);
        }
    }
    remember_configured(engine);
}

static void say(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    (void)snprintf(out + used, size - used, "%s%s", used > 0 ? "; " : "", text);
}

struct differences {
    char *changed, *pending; /* of 1024 bytes each */
};

/* Streams have lines of their own, and what a reset brings is told with its values. */
static void say_difference(void *context, const char *section, const struct config_key *key)
{
    const struct differences *differences = context;
    bool at_once = strcmp(key->takes_effect, "at once") == 0;
    bool reset = strcmp(key->takes_effect, "at the next reset") == 0;
    char line[200];
    if (strncmp(section, "stream ", 7) == 0 || (reset && strcmp(key->name, "start") != 0))
        return;
    (void)snprintf(line, sizeof line, "%s.%s%s%s", section, key->name, at_once ? "" : ": ",
                   at_once ? "" : key->takes_effect);
    say(at_once ? differences->changed : differences->pending, 1024, line);
}

static void say_streams(const struct config *old, const struct config *config, char changed[1024])
{
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        char line[300];
        const char *name = stream_info((enum stream_id)i)->name;
        const char *schedule = schedule_text(config->streams[i].schedule);
        if (strcmp(schedule_text(old->streams[i].schedule), schedule) != 0) {
            (void)snprintf(line, sizeof line, "%s: schedule %.200s", name, schedule);
            say(changed, 1024, line);
        }
        if (old->streams[i].tempo != config->streams[i].tempo ||
            old->streams[i].enabled != config->streams[i].enabled) {
            (void)snprintf(line, sizeof line, "%s: tempo or enabled", name);
            say(changed, 1024, line);
        }
    }
}

void engine_reconfigure(struct engine *engine, const struct config *config,
                        const struct engine_peer *peer, char changed[1024], char pending[1024])
{
    changed[0] = pending[0] = '\0';
    say_streams(engine->config, config, changed);
    config_compare(engine->config, config, say_difference, &(struct differences){changed, pending});
    engine->config = config;
    char reset[512];
    report_pending(engine, reset, sizeof reset);
    if (reset[0] != '\0')
        say(pending, 1024, reset);
    writer_update(engine->writer, config);
    if (engine->settled) {
        struct fault fault;
        struct operation reloaded = engine_own_operation(engine, OPERATION_RELOADED, peer);
        (void)snprintf(reloaded.reason, sizeof reloaded.reason, "%.250s", changed);
        (void)engine_operate(engine, &reloaded, 0, &fault);
        engine_apply_configured(engine, peer);
    }
    agenda_reset(engine);
    engine_changed(engine);
}
