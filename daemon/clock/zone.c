#include "clock/zone.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "clock/zone_table.h"

#define DATABASE_DEFAULT "/usr/share/zoneinfo"
#define FILE_SIZE_MAX    ((off_t)1 << 20)
#define NAME_MAX_LENGTH  100
#define DAY_S            INT64_C(86400)
#define CYCLE_S          (INT64_C(146097) * DAY_S) /* 400 years: whole weeks, so rules repeat */

struct zone {
    char *name;
    struct zone_table table;
    bool skips_days; /* in at least one place */
};

/* A transition before the first: types[0] holds from the beginning of time. */
static const struct zone_transition beginning = {INT64_MIN, 0};

static const char *database(void)
{
    const char *path = getenv("TZDIR");
    return path != NULL && path[0] != '\0' ? path : DATABASE_DEFAULT;
}

static bool is_zone_name(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_-+/";
    size_t length = strlen(name);
    return length > 0 && length <= NAME_MAX_LENGTH && strspn(name, allowed) == length &&
           name[0] != '/' && name[length - 1] != '/' && strstr(name, "//") == NULL;
}

static int read_whole(int fd, uint8_t *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = read(fd, data + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EINVAL;
        done += (size_t)got;
    }
    return 0;
}

static int read_file(int fd, const char *path, uint8_t **ret_data, size_t *ret_size,
                     struct fault *fault)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return fault_set(fault, -errno, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return fault_set(fault, -ENOENT, "%s is not a time zone file", path);
    if (info.st_size > FILE_SIZE_MAX)
        return fault_set(fault, -EINVAL, "%s is too large for a time zone file", path);
    size_t size = (size_t)info.st_size;
    uint8_t *data = mem_zero(size + 1, 1);
    int result = read_whole(fd, data, size);
    if (result < 0) {
        free(data);
        return fault_set(fault, result, "%s cannot be read: %s", path, strerror(-result));
    }
    *ret_data = data;
    *ret_size = size;
    return 0;
}

static int load_file(const char *path, const char *name, uint8_t **ret_data, size_t *ret_size,
                     struct fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? fault_set(fault, -ENOENT, "unknown time zone '%s' (%s)", name, path)
                   : fault_set(fault, -errno, "%s: %s", path, strerror(errno));
    int result = read_file(fd, path, ret_data, ret_size, fault);
    close(fd);
    return result;
}

static bool skips_days(const struct zone_table *table)
{
    assert(table->types != NULL); /* no table is without */
    int before = table->types[0].offset;
    for (size_t i = 0; i < table->transition_count; i++) {
        int after = table->types[table->transitions[i].type].offset;
        if (after - before >= DAY_S)
            return true;
        before = after;
    }
    return false;
}

static struct zone *make_zone(const char *name, const struct zone_table *table)
{
    struct zone *zone = MEM_NEW(struct zone);
    zone->name = mem_text(name);
    zone->table = *table;
    zone->skips_days = skips_days(table);
    return zone;
}

int zone_from_bytes(const char *name, const uint8_t *data, size_t size, struct zone **ret_zone,
                    struct fault *fault)
{
    struct zone_table table = {0};
    int result = zone_file_parse(data, size, &table, fault);
    if (result < 0)
        zone_table_done(&table);
    else
        *ret_zone = make_zone(name, &table);
    return result;
}

int zone_load(const char *name, struct zone **ret_zone, struct fault *fault)
{
    if (!is_zone_name(name))
        return fault_set(fault, -EINVAL, "'%s' is not a time zone name (such as America/New_York)",
                         name);
    if (strcmp(name, "UTC") == 0) {
        struct zone_table table = {0};
        zone_table_type(&table, &(struct zone_type){.abbreviation = "UTC"});
        *ret_zone = make_zone(name, &table);
        return 0;
    }
    uint8_t *data = NULL;
    size_t size = 0;
    char *path = mem_format("%s/%s", database(), name);
    int result = load_file(path, name, &data, &size, fault);
    if (result == 0) {
        result = zone_from_bytes(name, data, size, ret_zone, fault);
        if (result < 0)
            fault_prefix(fault, "%s", path);
        free(data);
    }
    free(path);
    return result;
}

void zone_free(struct zone *zone)
{
    if (zone == NULL)
        return;
    zone_table_done(&zone->table);
    free(zone->name);
    free(zone);
}

const char *zone_name(const struct zone *zone)
{
    return zone->name;
}

void zone_database_version(char buffer[16])
{
    char *path = mem_format("%s/tzdata.zi", database());
    char version[16] = "";
    FILE *file = fopen(path, "re");
    bool found = file != NULL && fscanf(file, "# version %15[0-9A-Za-z.-]", version) == 1;
    memcpy(buffer, found ? version : "unknown", found ? sizeof version : sizeof "unknown");
    if (file != NULL)
        fclose(file);
    free(path);
}

/* Brings an instant after the table's end back into it by whole 400 years. */
static int64_t folded(const struct zone_table *table, int64_t utc)
{
    if (!table->cyclic || utc < table->transitions[table->transition_count - 1].at)
        return utc;
    int64_t over = utc - table->transitions[table->transition_count - 1].at;
    return utc - (over / CYCLE_S + 1) * CYCLE_S;
}

/* The number of transitions at or before `utc`; the one before that number holds. */
static size_t search(const struct zone_table *table, int64_t utc)
{
    size_t low = 0, high = table->transition_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->transitions[middle].at <= utc)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct zone_transition *transition(const struct zone_table *table, size_t number)
{
    return number == 0 ? &beginning : &table->transitions[number - 1];
}

static const struct zone_type *type_at(const struct zone *zone, int64_t utc)
{
    const struct zone_table *table = &zone->table;
    return &table->types[transition(table, search(table, folded(table, utc)))->type];
}

int zone_offset(const struct zone *zone, int64_t utc_seconds)
{
    return type_at(zone, utc_seconds)->offset;
}

bool zone_next_set_back(const struct zone *zone, int64_t utc_seconds,
                        struct zone_set_back *ret_change)
{
    const struct zone_table *table = &zone->table;
    int64_t inside = folded(table, utc_seconds);
    for (size_t number = search(table, inside - DAY_S); number < table->transition_count;
         number++) {
        int64_t at = table->transitions[number].at;
        int before = table->types[transition(table, number)->type].offset;
        int after = table->types[transition(table, number + 1)->type].offset;
        if (after < before && at + (before - after) > inside) {
            *ret_change = (struct zone_set_back){at + (utc_seconds - inside), before, after};
            return true;
        }
    }
    return false;
}

bool zone_is_dst(const struct zone *zone, int64_t utc_seconds)
{
    return type_at(zone, utc_seconds)->dst;
}

const char *zone_abbreviation(const struct zone *zone, bool dst)
{
    const struct zone_table *table = &zone->table;
    for (size_t number = table->transition_count + 1; number-- > 0;) {
        const struct zone_type *type = &table->types[transition(table, number)->type];
        if (type->dst == dst)
            return type->abbreviation;
    }
    return NULL;
}

int64_t zone_day(const struct zone *zone, int64_t utc_seconds)
{
    int64_t local = utc_seconds + zone_offset(zone, utc_seconds);
    return local / DAY_S - (local % DAY_S < 0 ? 1 : 0);
}

struct civil zone_civil(const struct zone *zone, int64_t utc_seconds)
{
    return civil_from_seconds(utc_seconds + zone_offset(zone, utc_seconds));
}

/* `local` is folded into the table. Between two transitions a local time has one instant at most;
 * the first found is the earlier of two. None: it was skipped, and the offset before the gap moves
 * it on. */
static int64_t local_instant(const struct zone_table *table, int64_t local)
{
    size_t number = search(table, local - DAY_S);
    for (;; number++) {
        int64_t at = local - table->types[transition(table, number)->type].offset;
        if (number == table->transition_count || at < table->transitions[number].at)
            return at;
        int64_t next = local - table->types[transition(table, number + 1)->type].offset;
        if (next < table->transitions[number].at)
            return at;
    }
}

int64_t zone_day_instant(const struct zone *zone, int64_t day, int second)
{
    int64_t local = day * DAY_S + second;
    int64_t inside = folded(&zone->table, local + DAY_S) - DAY_S;
    return local_instant(&zone->table, inside) + (local - inside);
}

bool zone_has_day(const struct zone *zone, int64_t day)
{
    return !zone->skips_days || zone_day(zone, zone_day_instant(zone, day, (int)DAY_S / 2)) == day;
}

int64_t zone_instant(const struct zone *zone, struct civil local)
{
    return zone_day_instant(zone, civil_days(local.date),
                            local.hour * 3600 + local.minute * 60 + local.second);
}
