/* The customers stream: who comes, and what changes in their rows. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/customers_parts.h"
#include "world/life_updates.h"
#include "world/row.h"

struct customer_stream {
    struct customers customers;
    struct identity_rules *rules;
    struct life_homes *homes;
    struct life_updates *updates;
};

static const char *const employment_names[] = {
    [EMPLOYED_FULL] = "Full-time", [EMPLOYED_PART] = "Part-time", [SELF_EMPLOYED] = "Self-employed",
    [UNEMPLOYED] = "Unemployed",   [RETIRED] = "Retired",         [STUDENT] = "Student",
    [OTHER_EMPLOYMENT] = "Other",
};

static void *customers_open(struct world *world)
{
    struct customer_stream *stream = MEM_NEW(struct customer_stream);
    customers_init(&stream->customers, world);
    stream->customers.life = life_new(world);
    stream->rules = identity_rules_new(world_settings(world)->seed);
    stream->homes = life_homes_new(world, stream->rules);
    stream->updates = life_updates_new(world, stream->customers.life, stream->homes);
    return stream;
}

static void customers_close(void *cache)
{
    struct customer_stream *stream = (struct customer_stream *)cache;
    life_updates_free(stream->updates);
    life_homes_free(stream->homes);
    life_free(stream->customers.life);
    identity_rules_free(stream->rules);
    customers_done(&stream->customers);
    free(stream);
}

static void forget(void *cache, world_time since)
{
    struct customer_stream *stream = (struct customer_stream *)cache;
    uint64_t known = customers_forget(&stream->customers, since);
    life_forget(stream->customers.life, known);
    life_homes_forget(stream->homes, known, life_month_at(stream->customers.life, since));
    life_updates_forget(stream->updates);
}

static int give_row(const struct customer_stream *stream, uint64_t customer, world_sink *sink,
                    void *context)
{
    world_time born = population_born(stream->customers.population, customer);
    struct person person = customers_person(&stream->customers, customer);
    struct identity identity;
    char key[CUSTOMER_KEY_LENGTH + 1];
    identity_make(stream->rules, customer, &person, &identity);
    customers_key(&stream->customers, customer, key);

    struct change row = {.kind = CHANGE_INSERT, .at = born.s};
    row_text(&row, key);
    row_text(&row, identity.first_name);
    row_text(&row, identity.last_name);
    row_text(&row, identity.email);
    row_text(&row, identity.phone);
    row_number(&row, CELL_DATE, 0, person.birth_day);
    row_text(&row, identity.ssn);
    row_text(&row, identity.address);
    row_text(&row, identity.city);
    row_text(&row, identity.state);
    row_text(&row, identity.zip);
    row_text(&row, employment_names[person.employment]);
    row_number(&row, CELL_DECIMAL, 2, person.annual_income);
    row_number(&row, CELL_TIME, 0, born.s);
    return sink(context, &row);
}

/* The values that are expected, then those that come. */
static void put_homes(struct customer_stream *stream, const struct life_update *update,
                      struct identity identities[2], struct change *change)
{
    struct home before, after, unused;
    life_home_changes(stream->homes, update->customer, update->first, &before, &unused);
    life_home_changes(stream->homes, update->customer, update->last, &unused, &after);
    const struct home *homes[2] = {&before, &after};
    for (unsigned i = 0; i < 2; i++) {
        struct identity *identity = &identities[i];
        identity_settle(stream->rules, update->customer, homes[i], identity);
        row_text(change, identity->address);
        row_text(change, identity->city);
        row_text(change, identity->state);
        row_text(change, identity->zip);
        row_text(change, identity->phone);
    }
}

static void put_jobs(struct customer_stream *stream, const struct life_update *update,
                     struct change *change)
{
    struct life_job before, after, unused;
    life_job_changes(stream->customers.life, update->customer, update->first, &before, &unused);
    life_job_changes(stream->customers.life, update->customer, update->last, &unused, &after);
    const struct life_job *jobs[2] = {&before, &after};
    for (unsigned i = 0; i < 2; i++) {
        row_text(change, employment_names[jobs[i]->employment]);
        row_number(change, CELL_DECIMAL, 2, jobs[i]->annual_income);
    }
}

/* Whether any cell that comes differs from the one that is expected. */
static bool differs(const struct change *change)
{
    unsigned half = change->count / 2;
    for (unsigned i = 1; i <= half; i++) {
        const struct cell *a = &change->cells[i], *b = &change->cells[i + half];
        if (a->kind == CELL_TEXT
                ? a->length != b->length || memcmp(a->text, b->text, a->length) != 0
                : a->number != b->number)
            return true;
    }
    return false;
}

static int give_update(struct customer_stream *stream, const struct life_update *update,
                       world_sink *sink, void *context)
{
    struct identity identities[2];
    char key[CUSTOMER_KEY_LENGTH + 1];
    struct change change = {.kind = CHANGE_UPDATE, .at = update->at};
    customers_key(&stream->customers, update->customer, key);
    row_key(&change, key, CUSTOMER_KEY_LENGTH);
    change.group = update->kind == LIFE_PLACE ? CUSTOMER_GROUP_PLACE : CUSTOMER_GROUP_WORK;
    if (update->kind == LIFE_PLACE)
        put_homes(stream, update, identities, &change);
    else
        put_jobs(stream, update, &change);
    return differs(&change) ? sink(context, &change) : 0;
}

/* At one instant updates come first: they are of people who came before. */
static int customers_changes(struct world *world, void *cache, world_time from, world_time to,
                             world_sink *sink, void *context)
{
    (void)world;
    struct customer_stream *stream = (struct customer_stream *)cache;
    uint64_t last = population_at(stream->customers.population, to);
    uint64_t next = population_at(stream->customers.population, from);
    life_updates_begin(stream->updates, from, to);
    for (;;) {
        const struct life_update *update = life_updates_next(stream->updates);
        while (next < last &&
               (!update || population_born(stream->customers.population, next).s < update->at)) {
            int code = give_row(stream, next, sink, context);
            if (code != 0)
                return code;
            next++;
        }
        if (!update)
            return 0;
        int code = give_update(stream, update, sink, context);
        if (code != 0)
            return code;
    }
}

static uint64_t customers_baseline(struct world *world, void *cache)
{
    (void)cache;
    return (uint64_t)world_settings(world)->customers;
}

const struct stream_model stream_customers = {
    .info = {"customers", false},
    .key_form = "CU-dddddddddddddd-dddddddd",
    .open = customers_open,
    .close = customers_close,
    .forget = forget,
    .changes = customers_changes,
    .baseline_size = customers_baseline,
};
