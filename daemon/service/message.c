#include "service/message.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct kind {
    int priority;
    const char *uuid;
};

static const struct kind kinds[MESSAGE_COUNT] = {
#define X(id, priority, uuid, text) [MESSAGE_##id] = {priority, uuid},
    CREDD_MESSAGES(X)
#undef X
};

static const char text_name[] = "MESSAGE";

/* A line break in a value would let a peer forge a second message. */
static void one_line(char *text)
{
    for (; *text != '\0'; text++)
        if (iscntrl((unsigned char)*text))
            *text = ' ';
}

/* The journal drops fields with other names, and with a leading underscore, without a word. */
static bool name_holds(const char *name)
{
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return length > 0 && length <= 64 && name[length] == '\0' && name[0] >= 'A' && name[0] <= 'Z';
}

static void add(struct message *message, const char *name, const char *value)
{
    if (message->count == MESSAGE_FIELDS_MAX || !name_holds(name))
        return;
    size_t left = sizeof message->room - message->used;
    char *place = message->room + message->used;
    int length = snprintf(place, left, "%s=%s", name, value);
    if (length < 0 || (size_t)length >= left)
        return;
    one_line(place);
    message->used += (size_t)length + 1;
    message->count++;
}

void message_make(struct message *message, enum message_id id, const struct journal_field *fields,
                  const char *format, va_list args)
{
    char text[MESSAGE_TEXT_MAX];
    char priority[2] = {(char)('0' + kinds[id].priority), '\0'};

    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    message->id = id;
    message->used = 0;
    message->count = 0;
    add(message, text_name, text);
    add(message, "MESSAGE_ID", kinds[id].uuid);
    add(message, "PRIORITY", priority);
    for (; fields != NULL && fields->name != NULL; fields++)
        if (fields->value != NULL)
            add(message, fields->name, fields->value);
}

int message_iovec(struct message *message, struct iovec items[MESSAGE_FIELDS_MAX])
{
    char *place = message->room;
    for (unsigned i = 0; i < message->count; i++) {
        size_t length = strlen(place);
        items[i] = (struct iovec){.iov_base = place, .iov_len = length};
        place += length + 1;
    }
    return (int)message->count;
}

size_t message_line(const struct message *message, char line[MESSAGE_TEXT_MAX + 8])
{
    int length = snprintf(line, MESSAGE_TEXT_MAX + 8, "<%d>%s\n", kinds[message->id].priority,
                          message->room + sizeof text_name);
    return length > 0 ? (size_t)length : 0;
}
