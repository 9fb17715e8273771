/* store_older_world.h - a database of schema 2, as version 0.1.0 leaves one, and what it has to
 * become. */
#ifndef CREDD_TESTS_STORE_OLDER_WORLD_H
#define CREDD_TESTS_STORE_OLDER_WORLD_H

#include <inttypes.h>

#include "store_conformance.h"

#define OLDER_WORLD "w0123456789a"

/* As version 0.1.0 made them; @ stands for the prefix of a side. */
static const char *const older_tables[] = {
    "CREATE TABLE @world (name VARCHAR(40) NOT NULL PRIMARY KEY, value VARCHAR(256) NOT NULL)",
    "CREATE TABLE @stream (name VARCHAR(40) NOT NULL PRIMARY KEY, world_id VARCHAR(40) NOT NULL, "
    "generation BIGINT NOT NULL, watermark BIGINT NOT NULL, started SMALLINT NOT NULL, "
    "row_count BIGINT NOT NULL, skip_count BIGINT NOT NULL, enabled SMALLINT NOT NULL, "
    "paused SMALLINT NOT NULL, paused_wall_us BIGINT NOT NULL, "
    "resumes_wall_us BIGINT NOT NULL, tempo BIGINT NOT NULL, "
    "tempo_after BIGINT NOT NULL, tempo_until_wall_us BIGINT NOT NULL, "
    "reason VARCHAR(256) NOT NULL)",
    "CREATE TABLE @act (id VARCHAR(40) NOT NULL PRIMARY KEY, kind VARCHAR(40) NOT NULL, "
    "stream VARCHAR(40) NOT NULL, at BIGINT NOT NULL, wall_us BIGINT NOT NULL, "
    "value BIGINT NOT NULL, uid BIGINT NOT NULL, pid BIGINT NOT NULL, "
    "user_name VARCHAR(40) NOT NULL, reason VARCHAR(256) NOT NULL)",
    "CREATE TABLE @gap (stream VARCHAR(40) NOT NULL, from_at BIGINT NOT NULL, until_at BIGINT NOT "
    "NULL, PRIMARY KEY (stream, from_at, until_at))",
    "CREATE TABLE @status (application_id VARCHAR(50) NOT NULL, status VARCHAR(20) NOT NULL, "
    "at TIMESTAMP NOT NULL, PRIMARY KEY (application_id, at))",
};

static const char *const older_rows[] = {
    "INSERT INTO credd_world VALUES ('id', '" OLDER_WORLD "'), ('seed', '42'), "
    "('clock_anchor_world_us', '1700000000000000'), ('clock_anchor_wall_us', '1800000000000000'), "
    "('clock_speed', '1000000'), ('clock_paused', '0'), ('clock_held', '0'), "
    "('clock_reached_us', '1700000100000000'), ('clock_seen_us', '1800000100000000'), "
    "('clock_paused_by', 'otto'), ('customers_paused_by', ''), ('market_data_paused_by', 'anna')",
    "INSERT INTO credd_stream VALUES "
    "('customers', '" OLDER_WORLD "', 36, 1700000100, 1, 1, 0, 1, 0, 0, 0, 1000000, 0, 0, ''), "
    "('financial_records', '" OLDER_WORLD "', 36, 1700000090, 1, 95, 3, 0, 0, 0, 0, 2500000, 0, 0, "
    "''), "
    "('loan_applications', '" OLDER_WORLD "', 36, 1700000080, 1, 71, 0, 1, 0, 0, 0, 20000000, "
    "3000000, 1800000700000000, ''), "
    "('market_data', '" OLDER_WORLD "', 36, 1700000070, 1, 498, 0, 1, 1, 1800000075000000, "
    "1800003675000000, 50000, 0, 0, 'left alone'), "
    "('credit_history', '" OLDER_WORLD "', 36, 0, 0, 0, 0, 1, 0, 0, 0, 1000000, 0, 0, '')",
    "INSERT INTO credd_act VALUES "
    "('wfedcba98765-reset-0', 'reset', '', 1600000000, 1700000000000000, 7, -1, 0, 'credd', ''), "
    "('" OLDER_WORLD "-reset-1', 'adopt', '', 1700000000, 1800000000000000, 42, 0, 9, 'root', ''), "
    "('" OLDER_WORLD
    "-reset-2', 'tempo', 'market_data', 1700000000, 1800000000000000, 50000, 0, 9, "
    "'root', ''), "
    "('" OLDER_WORLD "-a-1', 'advance', '', 1700000000, 1800000001000000, 30, 0, 9, 'root', ''), "
    "('" OLDER_WORLD
    "-a-2', 'speed', '', 1700000030, 1800000002000000, 60000000, 0, 9, 'root', ''), "
    "('" OLDER_WORLD
    "-a-3', 'tempo', 'financial_records', 1700000031, 1800000003000000, 2500000, 0, "
    "9, 'root', ''), "
    "('" OLDER_WORLD
    "-a-4', 'disable', 'financial_records', 1700000032, 1800000004000000, 0, 0, 9, "
    "'root', 'the configuration changed'), "
    "('" OLDER_WORLD "-a-5', 'pause', '', 1700000033, 1800000005000000, 7200, 0, 9, 'root', "
    "'it''s a demo'), "
    "('" OLDER_WORLD "-a-6', 'resume', '', 1700000060, 1800000006000000, 1, 0, 9, 'root', ''), "
    "('" OLDER_WORLD "-a-7', 'stepped', '', 1700000061, 1800000007000000, -21600000000, -1, 0, "
    "'credd', ''), "
    "('" OLDER_WORLD
    "-a-8', 'reload', '', 1700000062, 1800000008000000, 0, 0, 9, 'root', 'schedule'), "
    "('" OLDER_WORLD
    "-a-9', 'tempo', 'loan_applications', 1700000063, 1800000009000000, 3000000, 0, "
    "9, 'root', ''), "
    "('" OLDER_WORLD "-b-1', 'gap', '', 1700000064, 1800000010000000, 5, -1, 0, 'credd', 'down'), "
    "('" OLDER_WORLD
    "-b-2', 'pause', 'customers', 1700000070, 1800000011000000, 0, 0, 9, 'root', ''), "
    "('" OLDER_WORLD "-b-2b', 'pause', 'market_data', 1700000075, 1800000075000000, 3600, 0, 9, "
    "'root', 'left alone'), "
    "('" OLDER_WORLD "-b-3', 'resume', 'customers', 1700000076, 1800000076000000, 0, 0, 9, 'root', "
    "''), "
    "('" OLDER_WORLD "-b-4', 'tempo', 'loan_applications', 1700000080, 1800000080000000, 20000000, "
    "0, 9, 'root', 'a long demo')",
    ("INSERT INTO credd_gap VALUES ('customers', 1700000033, 1700000060), "
     "('market_data', 1700000064, 1700000069)"),
    "INSERT INTO credd_status VALUES ('A-1', 'Pending', '2023-11-14 22:13:20')",
    "INSERT INTO customers (customer_id) VALUES ('K00')",
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static inline void older_side(struct conformance *c, const char *prefix)
{
    for (size_t i = 0; i < COUNT(older_tables); i++) {
        const char *mark = strchr(older_tables[i], '@');
        raw_own(c, mem_format("%.*s%s%s", (int)(mark - older_tables[i]), older_tables[i], prefix,
                              mark + 1));
    }
}

static inline void older_claim(struct conformance *c)
{
    raw(c, "CREATE TABLE credd_meta (name VARCHAR(40) NOT NULL PRIMARY KEY, value VARCHAR(256) NOT "
           "NULL)");
    raw(c, "INSERT INTO credd_meta VALUES ('schema', '2'), ('marker', 'credd')");
}

/* A world of schema 2 in an empty database, with what a reset that was killed left beside it. */
static inline void older_world(struct conformance *c)
{
    raw(c, "BEGIN"); /* SQLite would write each statement to the disk */
    older_claim(c);
    for (size_t i = 0; i < SCHEMA_TABLES; i++)
        raw_own(c, sql_create(&schema_tables[i], schema_tables[i].name, "customers", ""));
    older_side(c, "credd_");
    older_side(c, "credd_new_");
    older_side(c, "credd_old_");
    for (size_t i = 0; i < COUNT(older_rows); i++)
        raw(c, older_rows[i]);
    raw(c, "INSERT INTO credd_new_world VALUES ('id', 'w00000000000')");
    raw(c, "INSERT INTO credd_old_world VALUES ('id', 'w11111111111')");
    raw(c, "COMMIT");
}

/* What it becomes; the generation is put in. */
static const char upgraded_text[] = OLDER_WORLD
    ":\n"
    "clock_anchor_wall_us=1800000000000000\nclock_anchor_world_us=1700000000000000\n"
    "clock_held=0\nclock_paused=0\nclock_paused_by=otto\nclock_reached_us=1700000100000000\n"
    "clock_seen_us=1800000100000000\nclock_speed=1000000\nid=" OLDER_WORLD "\nseed=42\n"
    "customers 100 1 1/0 -\n"
    "financial_records 90 1 95/3 -\n"
    "loan_applications 80 1 71/0 -\n"
    "market_data 70 1 498/0 paused 75 1800000075000000 1800003675000000 anna: left alone\n"
    "credit_history -1700000000 0 0/0 -\n"
    "1 wfedcba98765 wfedcba98765-reset-0 reset -100000000 1700000000000000 [seed=7] -1 0 credd: \n"
    "2 " OLDER_WORLD " " OLDER_WORLD "-reset-1 adopt 0 1800000000000000 [seed=42] 0 9 root: \n"
    "3 " OLDER_WORLD " " OLDER_WORLD "-reset-2 tempo 0 1800000000000000 "
    "[stream=market_data factor=0.05] 0 9 root: \n"
    "4 " OLDER_WORLD " " OLDER_WORLD "-a-1 advance 0 1800000001000000 "
    "[to=2023-11-14T22:13:50Z] 0 9 root: \n"
    "5 " OLDER_WORLD " " OLDER_WORLD "-a-2 speed 30 1800000002000000 [factor=60] 0 9 root: \n"
    "6 " OLDER_WORLD " " OLDER_WORLD "-a-3 tempo 31 1800000003000000 "
    "[stream=financial_records factor=2.5] 0 9 root: \n"
    "7 " OLDER_WORLD " " OLDER_WORLD "-a-4 disable 32 1800000004000000 "
    "[stream=financial_records] 0 9 root: the configuration changed\n"
    "8 " OLDER_WORLD " " OLDER_WORLD
    "-a-5 pause 33 1800000005000000 [for=2h] 0 9 root: it's a demo\n"
    "9 " OLDER_WORLD " " OLDER_WORLD "-a-6 resume 60 1800000006000000 [skip=yes] 0 9 root: \n"
    "10 " OLDER_WORLD " " OLDER_WORLD "-a-7 stepped 61 1800000007000000 [step=-6h] -1 0 credd: \n"
    "11 " OLDER_WORLD " " OLDER_WORLD "-a-8 reload 62 1800000008000000 [] 0 9 root: schedule\n"
    "12 " OLDER_WORLD " " OLDER_WORLD "-a-9 tempo 63 1800000009000000 "
    "[stream=loan_applications factor=3] 0 9 root: \n"
    "13 " OLDER_WORLD " " OLDER_WORLD "-b-1 gap 64 1800000010000000 "
    "[until=2023-11-14T22:14:29Z] -1 0 credd: down\n"
    "14 " OLDER_WORLD " " OLDER_WORLD
    "-b-2 pause 70 1800000011000000 [streams=customers] 0 9 root: \n"
    "15 " OLDER_WORLD " " OLDER_WORLD "-b-2b pause 75 1800000075000000 "
    "[streams=market_data for=1h] 0 9 root: left alone\n"
    "16 " OLDER_WORLD " " OLDER_WORLD "-b-3 resume 76 1800000076000000 "
    "[streams=customers] 0 9 root: \n"
    "17 " OLDER_WORLD " " OLDER_WORLD "-b-4 tempo 80 1800000080000000 "
    "[stream=loan_applications factor=20 until=2023-11-14T22:25:00Z] 0 9 root: a long demo\n"
    "gap customers 33 60 9\n"
    "gap market_data 64 69 13\n";

struct upgraded {
    char text[16384];
    size_t used;
    int64_t generation;
};

static inline void say(struct upgraded *to, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline void say(struct upgraded *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    to->used += (size_t)vsnprintf(to->text + to->used, sizeof to->text - to->used, format, args);
    va_end(args);
    assert_true(to->used < sizeof to->text);
}

static inline void say_stream(struct upgraded *to, const struct store_stream *stream)
{
    say(to, "%s %d %d %d/%d ", stream->name, (int)(stream->watermark.s - BASE), stream->started,
        (int)stream->rows, (int)stream->skipped);
    assert_int_equal(stream->not_before.s, 0);
    assert_int_equal(stream->generation, to->generation);
    if (stream->paused)
        say(to, "paused %d %" PRId64 " %" PRId64 " %s: %s\n", (int)(stream->paused_at.s - BASE),
            stream->paused_wall_us, stream->resumes_wall_us, stream->paused_by, stream->reason);
    else
        say(to, "-%s%s\n", stream->paused_by, stream->reason);
}

/* The description as text. */
static inline struct upgraded *describe_world(struct store *store)
{
    struct upgraded *to = MEM_NEW(struct upgraded);
    struct store_description read = {0};
    works(store_load(store, &read, &fault));
    to->generation = read.streams[0].generation;
    say(to, "%s:\n", read.world_id);
    for (size_t i = 0; i < read.pair_count; i++)
        say(to, "%s=%s\n", read.pairs[i].name, read.pairs[i].value);
    for (size_t i = 0; i < read.stream_count; i++)
        say_stream(to, &read.streams[i]);
    for (size_t i = 0; i < read.act_count; i++) {
        const struct store_act *act = &read.acts[i];
        say(to, "%d %s %s %s %d %" PRId64 " [%s] %d %d %s: %s\n", (int)act->seq, act->world_id,
            act->id, act->kind, (int)(act->at.s - BASE), act->wall_us, act->parameters,
            (int)act->uid, (int)act->pid, act->user, act->reason);
    }
    for (size_t i = 0; i < read.gap_count; i++)
        say(to, "gap %s %d %d %d\n", read.gaps[i].stream, (int)(read.gaps[i].from.s - BASE),
            (int)(read.gaps[i].until.s - BASE), (int)read.gaps[i].seq);
    store_description_done(&read);
    return to;
}

/* It is what it has to be, and nothing is left beside it; returns the generation. */
static inline int64_t upgraded_world(struct conformance *c, struct store *store)
{
    char name[SQL_NAME_MAX];
    struct upgraded *is = describe_world(store);
    int64_t generation = is->generation;
    assert_string_equal(is->text, upgraded_text);
    free(is);
    assert_int_equal(kind_of(store), STORE_WORLD);
    assert_answer(c, "SELECT COUNT(*) FROM credd_meta", "2");
    assert_answer(c, "SELECT value FROM credd_meta WHERE name = 'marker'", SCHEMA_MARKER);
    assert_answer(c, "SELECT value FROM credd_meta WHERE name = 'schema'", SCHEMA_VERSION);
    assert_answer(c, "SELECT COUNT(*) FROM customers", "1");
    assert_answer(c, "SELECT COUNT(*) FROM credd_status", "1");
    for (size_t i = 0; i < SCHEMA_OWN; i++) {
        assert_no_table(c, sql_name(SQL_SHADOW, schema_own[i].name, name));
        assert_no_table(c, sql_name(SQL_OLD, schema_own[i].name, name));
    }
    return generation;
}

#endif
