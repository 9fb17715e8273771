#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/zone_table.h"

#define HEADER_SIZE 44
#define TYPE_SIZE   6
#define OFFSET_MOST (26 * 3600)
#define RULE_MAX    128

struct reader {
    const uint8_t *data;
    size_t size, at;
};

struct header {
    int version; /* 0 for the first, else the digit */
    size_t ut_count, standard_count, leap_count, time_count, type_count, name_size;
};

static uint64_t big_endian(const uint8_t *bytes, size_t width)
{
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | bytes[i];
    return value;
}

static int64_t read_time(const uint8_t *bytes, size_t width)
{
    uint64_t value = big_endian(bytes, width);
    return width == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
}

/* The next `size` bytes, or NULL where the file ends before. */
static const uint8_t *take(struct reader *reader, size_t size)
{
    if (size > reader->size - reader->at)
        return NULL;
    const uint8_t *bytes = reader->data + reader->at;
    reader->at += size;
    return bytes;
}

static bool read_header(struct reader *reader, struct header *header)
{
    const uint8_t *bytes = take(reader, HEADER_SIZE);
    if (bytes == NULL || memcmp(bytes, "TZif", 4) != 0)
        return false;
    size_t counts[6];
    for (size_t i = 0; i < 6; i++)
        counts[i] = (size_t)big_endian(bytes + 20 + 4 * i, 4);
    *header = (struct header){
        .version = bytes[4] == 0 ? 0 : bytes[4] - '0',
        .ut_count = counts[0],
        .standard_count = counts[1],
        .leap_count = counts[2],
        .time_count = counts[3],
        .type_count = counts[4],
        .name_size = counts[5],
    };
    return header->type_count > 0 && header->type_count <= 256;
}

static size_t block_size(const struct header *header, size_t width)
{
    return header->time_count * (width + 1) + header->type_count * TYPE_SIZE + header->name_size +
           header->leap_count * (width + 4) + header->standard_count + header->ut_count;
}

static bool read_types(const struct header *header, const uint8_t *bytes, struct zone_table *table)
{
    const uint8_t *names = bytes + header->type_count * TYPE_SIZE;
    table->types = MEM_ARRAY(struct zone_type, header->type_count);
    table->type_count = header->type_count;
    for (size_t i = 0; i < header->type_count; i++, bytes += TYPE_SIZE) {
        struct zone_type *type = &table->types[i];
        type->offset = (int)read_time(bytes, 4);
        type->dst = bytes[4] != 0;
        if (type->offset < -OFFSET_MOST || type->offset > OFFSET_MOST ||
            bytes[5] >= header->name_size)
            return false;
        size_t room = header->name_size - bytes[5];
        if (room > ZONE_ABBREVIATION_MAX - 1)
            room = ZONE_ABBREVIATION_MAX - 1;
        memcpy(type->abbreviation, names + bytes[5], room);
    }
    return true;
}

static bool read_block(const struct header *header, const uint8_t *bytes, size_t width,
                       struct zone_table *table)
{
    const uint8_t *indices = bytes + header->time_count * width;
    if (!read_types(header, indices + header->time_count, table))
        return false;
    for (size_t i = 0; i < header->time_count; i++) {
        int64_t at = read_time(bytes + i * width, width);
        bool ascends = i == 0 || at > table->transitions[table->transition_count - 1].at;
        if (!ascends || indices[i] >= header->type_count)
            return false;
        zone_table_add(table, at, indices[i]);
    }
    return true;
}

/* A newline, the rule, a newline. An empty rule: nothing is known of later years. */
static int read_footer(struct reader *reader, struct zone_table *table)
{
    const uint8_t *text = reader->data + reader->at;
    size_t size = reader->size - reader->at;
    if (size < 2 || text[0] != '\n')
        return -EINVAL;
    const uint8_t *end = memchr(text + 1, '\n', size - 1);
    if (end == NULL || (size_t)(end - text) > RULE_MAX)
        return -EINVAL;
    char rule[RULE_MAX] = "";
    memcpy(rule, text + 1, (size_t)(end - text) - 1);
    return rule[0] == '\0' ? 0 : zone_rule_expand(rule, table);
}

int zone_file_parse(const uint8_t *data, size_t size, struct zone_table *table, struct fault *fault)
{
    struct reader reader = {data, size, 0};
    struct header header;
    size_t width = 4;
    if (!read_header(&reader, &header))
        return fault_set(fault, -EINVAL, "not a time zone file in TZif format");
    if (header.version >= 2) {
        width = 8;
        if (take(&reader, block_size(&header, 4)) == NULL || !read_header(&reader, &header))
            return fault_set(fault, -EINVAL, "the time zone file is truncated");
    }
    const uint8_t *block = take(&reader, block_size(&header, width));
    if (block == NULL || !read_block(&header, block, width, table))
        return fault_set(fault, -EINVAL, "the time zone file is damaged");
    if (header.leap_count > 0)
        return fault_set(fault, -EINVAL, "time zones with leap seconds are not supported");
    if (width == 8 && read_footer(&reader, table) < 0)
        return fault_set(fault, -EINVAL,
                         "the rule for later years in the time zone file is damaged");
    return 0;
}
