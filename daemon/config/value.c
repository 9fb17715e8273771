#include "config/value.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/span.h"
#include "config/number.h"
#include "config/web_address.h"

#define MILLION INT64_C(1000000)

static int in_range(const struct config_key *key, int64_t number)
{
    return number < key->min || number > key->max ? -ERANGE : 0;
}

static int parse_boolean(const struct config_key *key, const char *text, const struct zone *zone,
                         struct value *value, struct fault *detail)
{
    (void)key, (void)zone, (void)detail;
    return number_boolean(text, &value->number);
}

static int parse_whole(const struct config_key *key, const char *text, const struct zone *zone,
                       struct value *value, struct fault *detail)
{
    (void)zone, (void)detail;
    int r = number_whole(text, &value->number);
    return r < 0 ? r : in_range(key, value->number);
}

static int parse_factor(const struct config_key *key, const char *text, const struct zone *zone,
                        struct value *value, struct fault *detail)
{
    (void)zone;
    int r = number_factor(text, &value->number);
    if (r == -E2BIG)
        return fault_set(detail, r, "more than 6 digits after the decimal point");
    if (r < 0)
        return r;
    return value->number > key->max * MILLION ? -ERANGE : 0;
}

static int parse_span(const struct config_key *key, const char *text, const struct zone *zone,
                      struct value *value, struct fault *detail)
{
    (void)zone, (void)detail;
    int64_t us = 0;
    int r = span_parse(text, &us, NULL);
    if (r < 0)
        return r;
    value->number = us / MILLION;
    return in_range(key, value->number);
}

static int parse_growth(const struct config_key *key, const char *text, const struct zone *zone,
                        struct value *value, struct fault *detail)
{
    (void)zone, (void)detail;
    int r = number_growth(text, &value->number);
    return r < 0 ? r : in_range(key, value->number);
}

static int parse_start(const struct config_key *key, const char *text, const struct zone *zone,
                       struct value *value, struct fault *detail)
{
    (void)detail;
    value->choice = strcmp(text, "now") == 0;
    if (value->choice)
        return 0;
    int r = time_parse(text, zone, &value->number, NULL);
    return r < 0 ? r : in_range(key, value->number);
}

static int parse_catch_up(const struct config_key *key, const char *text, const struct zone *zone,
                          struct value *value, struct fault *detail)
{
    if (strcmp(text, "all") == 0) {
        value->choice = CATCH_UP_ALL;
        return 0;
    }
    if (strcmp(text, "skip") == 0) {
        value->choice = CATCH_UP_SKIP;
        return 0;
    }
    value->choice = CATCH_UP_LIMIT;
    return parse_span(key, text, zone, value, detail);
}

static int parse_size(const struct config_key *key, const char *text, const struct zone *zone,
                      struct value *value, struct fault *detail)
{
    (void)zone, (void)detail;
    int r = number_size(text, &value->number);
    return r < 0 ? r : in_range(key, value->number);
}

static int parse_zone(const struct config_key *key, const char *text, const struct zone *zone,
                      struct value *value, struct fault *detail)
{
    (void)zone;
    int r = in_range(key, (int64_t)strlen(text));
    return r < 0 ? r : zone_load(text, &value->zone, detail);
}

static int parse_schedule(const struct config_key *key, const char *text, const struct zone *zone,
                          struct value *value, struct fault *detail)
{
    (void)zone;
    int r = in_range(key, (int64_t)strlen(text));
    return r < 0 ? r : schedule_parse(text, &value->schedule, detail);
}

static int parse_backend(const struct config_key *key, const char *text, const struct zone *zone,
                         struct value *value, struct fault *detail)
{
    (void)key, (void)zone, (void)detail;
    value->number = strcmp(text, "mariadb") == 0;
    return value->number == 1 || strcmp(text, "sqlite") == 0 ? 0 : -EINVAL;
}

static int parse_refuse(const struct config_key *key, const char *text, const struct zone *zone,
                        struct value *ret_value, struct fault *detail)
{
    (void)key;
    (void)zone;
    (void)detail;
    ret_value->number = strcmp(text, "skip") == 0;
    return ret_value->number != 0 || strcmp(text, "stop") == 0 ? 0 : -EINVAL;
}

/* Several colons are an address of IPv6, one stands before a port. */
static bool port_holds(const char *host, size_t length)
{
    const char *port = memchr(host, ':', length), *end = host + length;
    int64_t number = 0;
    if (port == NULL || memchr(port + 1, ':', (size_t)(end - port - 1)) != NULL)
        return true;
    port++;
    return number_digits(&port, &number) == 0 && port == end && number >= 1 && number <= 65535;
}

static bool host_holds(const char *host, size_t length)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-._:%";
    return length > 0 && length <= 253 && host[0] != '-' && strspn(host, letters) >= length &&
           port_holds(host, length);
}

/* The list without its blanks: "a, b" becomes "a,b". */
static int parse_hosts(const struct config_key *key, const char *text, const struct zone *zone,
                       struct value *value, struct fault *detail)
{
    (void)zone, (void)detail;
    char *list = MEM_ARRAY(char, strlen(text) + 1);
    size_t used = 0;
    int64_t count = 0;
    value->text = list;
    for (const char *at = text;; at++) {
        at += strspn(at, " \t");
        size_t length = strcspn(at, ", \t");
        if (!host_holds(at, length))
            return -EINVAL;
        memcpy(list + used, at, length);
        used += length;
        count++;
        at += length;
        at += strspn(at, " \t");
        if (*at == '\0')
            return in_range(key, count);
        if (*at != ',')
            return -EINVAL;
        list[used++] = ',';
    }
}

/* Whoever asks by a name does not say at which port. */
static int parse_names(const struct config_key *key, const char *text, const struct zone *zone,
                       struct value *value, struct fault *detail)
{
    int r = parse_hosts(key, text, zone, value, detail);
    for (const char *at = value->text; r == 0 && *at != '\0'; at += *at == ',') {
        size_t length = strcspn(at, ",");
        const char *colon = memchr(at, ':', length);
        if (colon != NULL && memchr(colon + 1, ':', length - (size_t)(colon - at) - 1) == NULL)
            r = fault_set(detail, -EINVAL, "with a port");
        at += length;
    }
    return r;
}

/* The bytes of the UTF-8 character at `text`, 0 if there is none: a reply that shows it must be
 * valid JSON. */
static size_t utf8_length(const unsigned char *text)
{
    static const struct {
        unsigned char first, last, low, high; /* of the first byte; of the second */
        size_t length;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (text[0] < forms[i].first || text[0] > forms[i].last)
            continue;
        size_t length = 1;
        if (text[1] >= forms[i].low && text[1] <= forms[i].high)
            for (length = 2; length < forms[i].length && (text[length] & 0xc0) == 0x80;)
                length++;
        return length == forms[i].length ? length : 0;
    }
    return text[0] < 0x80;
}

static bool printable(const char *text, bool only_ascii)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0';) {
        size_t length = utf8_length(c);
        if (length == 0 || *c < ' ' || *c == 127 || (only_ascii && *c > 127))
            return false;
        c += length;
    }
    return true;
}

static int parse_path(const struct config_key *key, const char *text, const struct zone *zone,
                      struct value *value, struct fault *detail)
{
    (void)zone, (void)detail;
    size_t length = strlen(text);
    if (text[0] != '/' || text[length - 1] == '/' || !printable(text, false))
        return -EINVAL;
    value->text = mem_text(text);
    return in_range(key, (int64_t)length);
}

static int parse_listen(const struct config_key *key, const char *text, const struct zone *zone,
                        struct value *value, struct fault *detail)
{
    struct web_address address;
    if (text[0] == '/')
        return parse_path(key, text, zone, value, detail);
    if (web_address_parse(text, &address) < 0)
        return -EINVAL;
    value->text = mem_text(text);
    return 0;
}

static int parse_text(const struct config_key *key, const char *text, const struct zone *zone,
                      struct value *value, struct fault *detail)
{
    (void)zone, (void)detail;
    if (key->letters != NULL && text[strspn(text, key->letters)] != '\0')
        return -EINVAL;
    if (!printable(text, true))
        return -EINVAL;
    value->text = mem_text(text);
    return in_range(key, (int64_t)strlen(text));
}

static int parse_secret(const struct config_key *key, const char *text, const struct zone *zone,
                        struct value *value, struct fault *detail)
{
    (void)zone, (void)detail;
    value->text = mem_text(text);
    return in_range(key, (int64_t)strlen(text));
}

static int parse_fill(const struct config_key *key, const char *text, const struct zone *zone,
                      struct value *value, struct fault *detail)
{
    (void)key, (void)zone;
    if (!printable(text, false))
        return -EINVAL;
    value->fill = MEM_NEW(struct fill);
    return fill_parse(text, value->fill, detail);
}

typedef int parser(const struct config_key *key, const char *text, const struct zone *zone,
                   struct value *value, struct fault *detail);

static parser *const parsers[VALUE_TYPE_COUNT] = {
    [VALUE_BOOLEAN] = parse_boolean,   [VALUE_WHOLE] = parse_whole,
    [VALUE_PORT] = parse_whole,        [VALUE_FACTOR] = parse_factor,
    [VALUE_SPAN] = parse_span,         [VALUE_GROWTH] = parse_growth,
    [VALUE_START] = parse_start,       [VALUE_CATCH_UP] = parse_catch_up,
    [VALUE_SIZE] = parse_size,         [VALUE_ZONE] = parse_zone,
    [VALUE_SCHEDULE] = parse_schedule, [VALUE_BACKEND] = parse_backend,
    [VALUE_REFUSE] = parse_refuse,     [VALUE_FILL] = parse_fill,
    [VALUE_HOSTS] = parse_hosts,       [VALUE_PATH] = parse_path,
    [VALUE_NAMES] = parse_names,       [VALUE_LISTEN] = parse_listen,
    [VALUE_TEXT] = parse_text,         [VALUE_SECRET] = parse_secret,
};

/* What other rooms say of a value repeats it as it was. */
static void make_plain(struct fault *detail)
{
    for (char *c = detail != NULL ? detail->text : NULL; c != NULL && *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

int value_parse(const struct config_key *key, const char *text, const struct zone *zone,
                struct value *ret_value, struct fault *detail)
{
    struct value value = {0};
    int r = parsers[key->value_type](key, text, zone, &value, detail);
    if (r < 0) {
        value_done(&value);
        make_plain(detail);
        return r;
    }
    *ret_value = value;
    return 0;
}

void value_done(struct value *value)
{
    if (value->text != NULL)
        explicit_bzero(value->text, strlen(value->text));
    free(value->text);
    zone_free(value->zone);
    schedule_free(value->schedule);
    free(value->fill);
    *value = (struct value){0};
}

static void put_start(const struct value *value, struct config *config)
{
    config->start_now = value->choice != 0;
    config->start_at = (world_time){value->number};
}

static void put_catch_up(const struct value *value, struct config *config)
{
    config->catch_up = (enum catch_up)value->choice;
    config->catch_up_limit_s = value->number;
}

void value_put(const struct config_key *key, struct value *value, void *base)
{
    void *place = (char *)base + key->offset;
    switch ((enum value_type)key->value_type) {
    case VALUE_BOOLEAN:
    case VALUE_REFUSE:
    case VALUE_BACKEND: *(bool *)place = value->number != 0; break;
    case VALUE_PORT: *(unsigned *)place = (unsigned)value->number; break;
    case VALUE_WHOLE:
    case VALUE_FACTOR:
    case VALUE_SPAN:
    case VALUE_GROWTH:
    case VALUE_SIZE: memcpy(place, &value->number, sizeof value->number); break;
    case VALUE_START: put_start(value, base); break;
    case VALUE_CATCH_UP: put_catch_up(value, base); break;
    case VALUE_ZONE: *(struct zone **)place = value->zone; break;
    case VALUE_SCHEDULE: *(struct schedule **)place = value->schedule; break;
    case VALUE_FILL: *(struct fill **)place = value->fill; break;
    case VALUE_HOSTS:
    case VALUE_NAMES:
    case VALUE_LISTEN:
    case VALUE_PATH:
    case VALUE_TEXT:
    case VALUE_SECRET: memcpy(place, &value->text, sizeof value->text); break;
    case VALUE_TYPE_COUNT: break;
    }
    *value = (struct value){0};
}

void value_release(const struct config_key *key, void *base)
{
    struct value value = {0};
    void *place = (char *)base + key->offset;
    switch ((enum value_type)key->value_type) {
    case VALUE_ZONE: value.zone = *(struct zone **)place; break;
    case VALUE_SCHEDULE: value.schedule = *(struct schedule **)place; break;
    case VALUE_FILL: value.fill = *(struct fill **)place; break;
    case VALUE_HOSTS:
    case VALUE_NAMES:
    case VALUE_LISTEN:
    case VALUE_PATH:
    case VALUE_TEXT:
    case VALUE_SECRET: memcpy(&value.text, place, sizeof value.text); break;
    default: break;
    }
    value_done(&value);
}
