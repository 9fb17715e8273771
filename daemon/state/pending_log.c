#include "state/pending_log.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the list --- */

struct pending_act *pending_log_add(struct pending_log *pending, const struct act *act)
{
    size_t most = act->by.uid < 0 ? PENDING_MAX : PENDING_ASKED_MAX;
    if (pending->count >= most)
        return NULL;
    struct pending_act *item = &pending->items[pending->count++];
    *item = (struct pending_act){.act = *act};
    return item;
}

void pending_log_keep(struct pending_log *pending)
{
    for (size_t i = 0; i < pending->count; i++)
        if (pending->items[i].act.by.uid >= 0)
            pending->items[i].kept = true;
}

struct pending_act *pending_log_find(struct pending_log *pending, uint64_t number)
{
    for (size_t i = 0; i < pending->count; i++)
        if (pending->items[i].number == number)
            return &pending->items[i];
    return NULL;
}

void pending_log_remove(struct pending_log *pending, const struct pending_act *item)
{
    size_t at = (size_t)(item - pending->items);
    pending->count--;
    memmove(&pending->items[at], &pending->items[at + 1],
            (pending->count - at) * sizeof *pending->items);
}

/* --- as JSON --- */

/* A text that is not UTF-8 is kept with '?' for each byte that is not ASCII. */
static json_t *text_json(const char *text)
{
    json_t *json = json_string(text);
    if (json != NULL)
        return json;
    char plain[WORLD_STATE_REASON_MAX];
    size_t length = 0;
    for (; text[length] != '\0' && length < sizeof plain - 1; length++)
        plain[length] = text[length];
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)plain[i] > 0x7F)
            plain[i] = '?';
    return json_stringn(plain, length);
}

static json_t *pack_act(const struct act *act)
{
    char parameters[STORE_PARAMETERS_MAX];
    return json_pack("{s:s, s:s, s:I, s:s, s:I, s:I, s:o, s:o}", "id", act->id, "kind",
                     act_info(act->kind)->name, "wall_us", (json_int_t)act->wall.us, "parameters",
                     act_parameters(act, true, parameters), "uid", (json_int_t)act->by.uid, "pid",
                     (json_int_t)act->by.pid, "user", text_json(act->by.user), "reason",
                     text_json(act->reason));
}

static json_t *pack_file(const struct pending_log *pending)
{
    json_t *streams = json_object(), *acts = json_array();
    const struct configured *configured = &pending->configured;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        (void)json_object_set_new(streams, stream_info((enum stream_id)i)->name,
                                  json_pack("{s:I, s:b}", "tempo", (json_int_t)configured->tempo[i],
                                            "enabled", (int)configured->enabled[i]));
    for (size_t i = 0; i < pending->count; i++)
        if (pending->items[i].kept)
            (void)json_array_append_new(acts, pack_act(&pending->items[i].act));
    return json_pack("{s:b, s:I, s:o, s:o}", "configured", (int)pending->has_configured, "speed",
                     (json_int_t)configured->speed, "streams", streams, "pending", acts);
}

static void copy_text(char *out, size_t size, const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

static int64_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* Version 0.1.0 had one slot for each parameter. */
static int read_0_1_0(const json_t *object, struct act *act, struct fault *fault)
{
    unsigned streams = (unsigned)number_of(object, "streams") & STREAMS_ALL;
    int64_t value = number_of(object, "value"), until = number_of(object, "until_us");
    int64_t for_us = until > act->wall.us ? until - act->wall.us : 0;
    enum stream_id stream = streams != 0 ? (enum stream_id)__builtin_ctz(streams) : STREAM_COUNT;
    bool of_stream = act->kind == ACT_TEMPO || act->kind == ACT_ENABLE;
    if (of_stream && stream == STREAM_COUNT)
        return fault_set(fault, -EPROTO, "a change noted by version 0.1.0 names no stream");
    switch (act->kind) {
    case ACT_PAUSE: act->pause = (struct act_pause){streams, for_us}; return 0;
    case ACT_RESUME:
        act->resume.streams = streams;
        act->resume.skip = json_is_true(json_object_get(object, "skip"));
        act->resume.world_only = value != 0;
        act->resume.due.us = act->resume.world_only ? act->wall.us : number_of(object, "anchor_us");
        return 0;
    case ACT_SPEED: act->speed.factor = value; return 0;
    case ACT_TEMPO:
        act->tempo = (struct act_tempo){.stream = stream, .factor = value, .for_us = for_us};
        return 0;
    case ACT_ENABLE:
        act->kind = value != 0 ? ACT_ENABLE : ACT_DISABLE;
        act->toggle.stream = stream;
        return 0;
    default: return fault_set(fault, -EPROTO, "version 0.1.0 never noted changes of this kind");
    }
}

/* What is kept on is written in this version's way: it must be read again from that. */
static int check_0_1_0(const struct act *act, struct fault *fault)
{
    char parameters[STORE_PARAMETERS_MAX];
    struct act again = {.kind = act->kind};
    return act_read_parameters(&again, act_parameters(act, true, parameters), fault);
}

static int unpack_act(const json_t *object, struct act *ret_act, struct fault *fault)
{
    struct act act = {.wall = {number_of(object, "wall_us")}};
    char kind[STORE_NAME_MAX], parameters[STORE_PARAMETERS_MAX];
    copy_text(act.id, sizeof act.id, object, "id");
    copy_text(kind, sizeof kind, object, "kind");
    copy_text(parameters, sizeof parameters, object, "parameters");
    copy_text(act.by.user, sizeof act.by.user, object, "user");
    copy_text(act.reason, sizeof act.reason, object, "reason");
    act.by.uid = number_of(object, "uid");
    act.by.pid = number_of(object, "pid");
    if (act.id[0] == '\0' || act_kind_by_name(kind, &act.kind) < 0)
        return fault_set(fault, -EPROTO, "this version does not know the act '%s'", kind);
    if (act.wall.us < 0 || act.wall.us > WALL_TIME_LAST.us)
        return fault_set(fault, -EPROTO, "the act '%s' has an invalid time", kind);
    bool of_0_1_0 = json_object_get(object, "parameters") == NULL;
    int result =
        of_0_1_0 ? read_0_1_0(object, &act, fault) : act_read_parameters(&act, parameters, fault);
    if (result == 0 && of_0_1_0)
        result = check_0_1_0(&act, fault);
    if (result == 0)
        *ret_act = act;
    return result;
}

static int unpack_acts(const json_t *acts, struct pending_log *pending, struct fault *fault)
{
    int result = 0;
    for (size_t i = 0; i < json_array_size(acts) && pending->count < PENDING_MAX; i++) {
        struct act act = {0};
        int one = unpack_act(json_array_get(acts, i), &act, fault);
        struct pending_act *item = one == 0 ? pending_log_add(pending, &act) : NULL;
        if (one < 0)
            result = fault_prefix(fault, "%s: a change was ignored", pending->path);
        else if (item != NULL)
            item->kept = true;
    }
    return result;
}

static int unpack_file(const json_t *root, struct pending_log *pending, struct fault *fault)
{
    struct configured *configured = &pending->configured;
    pending->has_configured = json_is_true(json_object_get(root, "configured"));
    configured->speed = number_of(root, "speed");
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const json_t *stream =
            json_object_get(json_object_get(root, "streams"), stream_info((enum stream_id)i)->name);
        configured->tempo[i] = number_of(stream, "tempo");
        configured->enabled[i] = json_is_true(json_object_get(stream, "enabled"));
    }
    return unpack_acts(json_object_get(root, "pending"), pending, fault);
}

/* --- the file --- */

/* FNV-1a: tells sockets apart, nothing more. */
static unsigned hash_of(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *c = text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    return (unsigned)(hash ^ hash >> 32);
}

static int set_aside(const struct pending_log *pending, const char *why, struct fault *fault)
{
    char aside[sizeof pending->path + 16];
    (void)snprintf(aside, sizeof aside, "%s.damaged", pending->path);
    (void)pending->disk->ops->rename(pending->disk->context, pending->path, aside);
    return fault_set(fault, -EIO, "%s is damaged (%s); it is kept as %s", pending->path, why,
                     aside);
}

int pending_log_open(struct pending_log *pending, const struct disk *disk, const char *folder,
                     const char *socket, struct fault *fault)
{
    char *text;
    size_t length;
    *pending = (struct pending_log){.disk = disk};
    if (snprintf(pending->path, sizeof pending->path, "%s/daemon-%08x.json", folder,
                 hash_of(socket)) >= (int)sizeof pending->path)
        return fault_set(fault, -ENAMETOOLONG,
                         "the path of the state directory is too long: %.80s…", folder);
    int result = disk_read(disk, pending->path, &text, &length);
    if (result == -ENOENT)
        return 0;
    if (result < 0)
        return fault_set(fault, result, "%s cannot be read: %s", pending->path, strerror(-result));
    json_error_t error = {.text = "not a JSON object"};
    json_t *root = json_loadb(text, length, 0, &error);
    free(text);
    if (json_is_object(root))
        result = unpack_file(root, pending, fault);
    else
        result = set_aside(pending, error.text, fault);
    json_decref(root);
    return result;
}

int pending_log_save(const struct pending_log *pending, struct fault *fault)
{
    json_t *root = pack_file(pending);
    char *text = root != NULL ? json_dumps(root, JSON_INDENT(1)) : NULL;
    int result = text != NULL
                     ? disk_replace(pending->disk, pending->path, text, strlen(text), fault)
                     : fault_set(fault, -EINVAL, "%s cannot be written: a text is not valid UTF-8",
                                 pending->path);
    free(text);
    json_decref(root);
    return result;
}
