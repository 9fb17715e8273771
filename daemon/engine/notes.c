#include "engine/notes.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void copy_text(char *out, size_t size, const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

static int64_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static json_t *pack_operation(const struct operation *operation)
{
    return json_pack(
        "{s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:b, s:i, s:I, s:I, s:s, s:I, s:I, s:s}", "id",
        operation->id, "kind", operation_name(operation->kind), "streams", (int)operation->streams,
        "wall_us", (json_int_t)operation->wall.us, "until_us", (json_int_t)operation->until.us,
        "anchor_us", (json_int_t)operation->anchor_wall.us, "value", (json_int_t)operation->value,
        "skip", operation->skip, "catch_up", (int)operation->catch_up, "catch_up_limit_s",
        (json_int_t)operation->catch_up_limit_s, "to_s", (json_int_t)operation->to.s, "reason",
        operation->reason, "uid", (json_int_t)operation->peer.uid, "pid",
        (json_int_t)operation->peer.pid, "user", operation->peer.user);
}

static bool unpack_operation(const json_t *object, struct operation *ret_operation)
{
    struct operation made = {0};
    char kind[32];
    copy_text(kind, sizeof kind, object, "kind");
    unsigned k = 0;
    while (k < OPERATION_KINDS && strcmp(operation_name((enum operation_kind)k), kind) != 0)
        k++;
    if (k == OPERATION_KINDS)
        return false;
    made.kind = (enum operation_kind)k;
    made.streams = (unsigned)number_of(object, "streams") & ((1u << STREAM_COUNT) - 1);
    made.wall.us = number_of(object, "wall_us");
    made.until.us = number_of(object, "until_us");
    made.anchor_wall.us = number_of(object, "anchor_us");
    made.value = number_of(object, "value");
    made.skip = json_is_true(json_object_get(object, "skip"));
    made.catch_up = number_of(object, "catch_up") == CATCH_UP_SKIP    ? CATCH_UP_SKIP
                    : number_of(object, "catch_up") == CATCH_UP_LIMIT ? CATCH_UP_LIMIT
                                                                      : CATCH_UP_ALL;
    made.catch_up_limit_s = number_of(object, "catch_up_limit_s");
    made.to.s = number_of(object, "to_s");
    made.peer.uid = number_of(object, "uid");
    made.peer.pid = number_of(object, "pid");
    copy_text(made.peer.user, sizeof made.peer.user, object, "user");
    copy_text(made.reason, sizeof made.reason, object, "reason");
    copy_text(made.id, sizeof made.id, object, "id");
    *ret_operation = made;
    return made.id[0] != '\0';
}

/* NULL if an operation can not be told in JSON. */
static json_t *pack_notes(const struct notes *notes)
{
    json_t *streams = json_object(), *pending = json_array();
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        (void)json_object_set_new(streams, stream_info((enum stream_id)i)->name,
                                  json_pack("{s:I, s:b}", "tempo", (json_int_t)notes->tempo[i],
                                            "enabled", notes->enabled[i]));
    bool whole = true;
    for (size_t i = 0; i < notes->pending_count; i++)
        whole = json_array_append_new(pending, pack_operation(&notes->pending[i])) == 0 && whole;
    if (!whole) {
        json_decref(streams);
        json_decref(pending);
        return NULL;
    }
    return json_pack("{s:b, s:I, s:o, s:o}", "configured", notes->configured, "speed",
                     (json_int_t)notes->speed, "streams", streams, "pending", pending);
}

static void unpack_notes(const json_t *root, struct notes *notes)
{
    notes->configured = json_is_true(json_object_get(root, "configured"));
    notes->speed = number_of(root, "speed");
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const json_t *stream =
            json_object_get(json_object_get(root, "streams"), stream_info((enum stream_id)i)->name);
        notes->tempo[i] = number_of(stream, "tempo");
        notes->enabled[i] = json_is_true(json_object_get(stream, "enabled"));
    }
    const json_t *pending = json_object_get(root, "pending");
    for (size_t i = 0; i < json_array_size(pending); i++)
        if (notes->pending_count < NOTES_PENDING_MAX &&
            unpack_operation(json_array_get(pending, i), &notes->pending[notes->pending_count]))
            notes->pending_count++;
}

int notes_open(struct notes *notes, const char *folder, const char *socket, struct fault *fault)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a: tells sockets apart, nothing more */
    for (const char *c = socket; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    *notes = (struct notes){0};
    if (snprintf(notes->path, sizeof notes->path, "%s/daemon-%08x.json", folder,
                 (unsigned)(hash ^ hash >> 32)) >= (int)sizeof notes->path)
        return fault_set(fault, -ENAMETOOLONG, "the state folder's path is too long: %.80s…",
                         folder);
    if (access(notes->path, F_OK) < 0 && errno == ENOENT)
        return 0;
    json_error_t error;
    json_t *root = json_load_file(notes->path, 0, &error);
    if (root == NULL || !json_is_object(root)) {
        char aside[sizeof notes->path + 16];
        (void)snprintf(aside, sizeof aside, "%s.damaged", notes->path);
        (void)rename(notes->path, aside);
        json_decref(root);
        return fault_set(fault, -EIO, "the local notes %s are damaged (%s); kept as %s",
                         notes->path, error.text, aside);
    }
    unpack_notes(root, notes);
    json_decref(root);
    return 0;
}

int notes_write(const struct notes *notes, struct fault *fault)
{
    char beside[sizeof notes->path + 8];
    (void)snprintf(beside, sizeof beside, "%s.new", notes->path);
    json_t *root = pack_notes(notes);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int result = fd < 0 || root == NULL || json_dumpfd(root, fd, JSON_INDENT(1)) < 0 ? -EIO : 0;
    if (fd >= 0 && close(fd) < 0)
        result = -EIO;
    if (result == 0 && rename(beside, notes->path) < 0)
        result = -EIO;
    if (result < 0)
        (void)fault_set(fault, result,
                        "%s can not be written (%s): a pause would not survive a kill", notes->path,
                        strerror(errno));
    json_decref(root);
    return result;
}

int notes_add(struct notes *notes, const struct operation *operation)
{
    if (notes->pending_count == NOTES_PENDING_MAX)
        return -ENOSPC;
    notes->pending[notes->pending_count++] = *operation;
    return 0;
}

void notes_remove(struct notes *notes, const char *id)
{
    for (size_t i = 0; i < notes->pending_count; i++)
        if (strcmp(notes->pending[i].id, id) == 0) {
            memmove(&notes->pending[i], &notes->pending[i + 1],
                    (notes->pending_count - i - 1) * sizeof *notes->pending);
            notes->pending_count--;
            return;
        }
}
