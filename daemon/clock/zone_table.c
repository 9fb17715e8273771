#include "clock/zone_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

unsigned zone_table_type(struct zone_table *table, const struct zone_type *type)
{
    for (size_t i = 0; i < table->type_count; i++) {
        const struct zone_type *other = &table->types[i];
        if (other->offset == type->offset && other->dst == type->dst &&
            strcmp(other->abbreviation, type->abbreviation) == 0)
            return (unsigned)i;
    }
    table->types = mem_grow(table->types, table->type_count + 1, sizeof *table->types);
    table->types[table->type_count] = *type;
    return (unsigned)table->type_count++;
}

void zone_table_add(struct zone_table *table, int64_t at, unsigned type)
{
    size_t count = table->transition_count;
    if (count > 0 && table->transitions[count - 1].at > at)
        return;
    if (count > 0 && table->transitions[count - 1].at == at) {
        table->transitions[count - 1].type = type;
        return;
    }
    if ((count & (count - 1)) == 0)
        table->transitions =
            mem_grow(table->transitions, count == 0 ? 1 : count * 2, sizeof *table->transitions);
    table->transitions[table->transition_count++] = (struct zone_transition){at, type};
}

void zone_table_done(struct zone_table *table)
{
    free(table->types);
    free(table->transitions);
}
