/* store_conformance_amend.h - conformance: changes of the description, their order and generation.
 */
#ifndef CREDD_TESTS_STORE_CONFORMANCE_AMEND_H
#define CREDD_TESTS_STORE_CONFORMANCE_AMEND_H

#include <pthread.h>

#include "store_conformance.h"

/* A token as an amendment makes them: neither the next number nor a small one. */
#define TOKEN INT64_C(0x7edcba9876543210)

static int64_t generation_of(struct store *store)
{
    struct store_stream streams[STORE_STREAMS_MAX];
    char id[STORE_NAME_MAX];
    size_t count;
    works(store_glance(store, id, streams, STORE_STREAMS_MAX, &count, &fault));
    assert_int_equal(count, SCHEMA_TABLES);
    for (size_t i = 1; i < count; i++)
        assert_int_equal(streams[i].generation, streams[0].generation);
    return streams[0].generation;
}

static void an_amendment_is_done_once(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description read = {0};
    struct store_pair pairs[] = {a_pair("speed", "2"), a_pair("seed", "43")};
    struct store_act act = an_act("act-1", "pause", 5);
    struct store_gap gap = {.stream = "market_data", .from = {BASE}, .until = {BASE + 60}};
    struct store_stream stream = a_stream("customers");
    stream.generation = 77;
    stream.paused = true;
    stream.paused_at.s = BASE + 3;
    stream.not_before.s = BASE + 4;
    (void)snprintf(stream.reason, sizeof stream.reason, "demo");
    (void)snprintf(stream.paused_by, sizeof stream.paused_by, "anna");
    struct store_amendment amendment = {"w1", 1, TOKEN, pairs, 2, &stream, 1,
                                        &act, 1, &gap,  1,     0, 0};
    stream.watermark.s = BASE - 1;
    refuses(store_amend(store, &amendment, &fault), -ESTALE); /* rows lie behind it */
    assert_int_equal(generation_of(store), 1);
    stream.watermark.s = BASE;
    amendment.last_seq = 99;
    refuses(store_amend(store, &amendment, &fault), -ESTALE); /* another act is the newest */
    assert_int_equal(generation_of(store), 1);
    amendment.last_seq = 0;
    works(store_amend(store, &amendment, &fault));
    assert_true(generation_of(store) == TOKEN);
    refuses(store_amend(store, &amendment, &fault), -ESTALE);
    amendment.generation = TOKEN;
    amendment.next_generation = 3;
    works(store_amend(store, &amendment, &fault));
    amendment.generation = 3;
    amendment.next_generation = 4;
    amendment.world_id = "w0";
    refuses(store_amend(store, &amendment, &fault), -ESTALE);
    works(store_load(store, &read, &fault));
    const struct store_stream *customers = stream_of(&read, "customers");
    assert_int_equal(customers->generation, 3);
    assert_true(customers->paused);
    assert_true(customers->started);
    assert_int_equal(customers->paused_at.s, BASE + 3);
    assert_int_equal(customers->not_before.s, BASE + 4);
    assert_int_equal(customers->watermark.s, BASE);
    assert_int_equal(customers->rows, 3);
    assert_string_equal(customers->reason, "demo");
    assert_string_equal(customers->paused_by, "anna");
    assert_false(stream_of(&read, "market_data")->paused);
    assert_int_equal(read.act_count, 1);
    assert_int_equal(read.gap_count, 1);
    assert_int_equal(read.gaps[0].seq, 1);
    assert_int_equal(read.pair_count, 3);
    assert_string_equal(read.pairs[1].value, "43");
    assert_string_equal(read.pairs[2].value, "2");
    store_description_done(&read);
    store_free(store);
}

static void an_amendment_that_fails_leaves_nothing(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_pair pair = a_pair("speed", "2");
    struct store_stream stream = a_stream("no_such_stream");
    struct store_amendment amendment = {"w1", 1, 2, &pair, 1, &stream, 1, NULL, 0, NULL, 0, 0, 0};
    assert_int_not_equal(store_amend(store, &amendment, NULL), 0);
    assert_int_equal(generation_of(store), 1);
    assert_answer(c, "SELECT COUNT(*) FROM credd_world WHERE name = 'speed'", "0");
    store_free(store);
}

/* One stream that somebody else changed is enough. */
static void an_amendment_needs_every_stream_in_its_generation(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_act act = an_act("act-1", "pause", 5);
    struct store_amendment amendment = {
        .world_id = "w1", .generation = 1, .next_generation = 9, .acts = &act, .act_count = 1};
    struct store_pair pair = a_pair("heartbeat", "1");
    raw(c, "UPDATE credd_stream SET generation = 8 WHERE name = 'market_data'");
    refuses(store_amend(store, &amendment, &fault), -ESTALE);
    refuses(store_note(store, "w1", 1, &pair, 1, &fault), -ESTALE);
    amendment.generation = 8;
    refuses(store_amend(store, &amendment, &fault), -ESTALE);
    refuses(store_note(store, "w1", 8, &pair, 1, &fault), -ESTALE);
    assert_answer(c, "SELECT COUNT(*) FROM credd_stream WHERE generation = 1", "4");
    assert_answer(c, "SELECT COUNT(*) FROM credd_act", "0");
    store_free(store);
}

/* --- the order of acts --- */

/* Amends by these acts and one gap; the generation goes from `from` to `to`. */
static int amend_by(struct store *store, int64_t from, int64_t to, struct store_act *acts,
                    size_t count, struct fault *fault)
{
    struct store_gap gap = {.stream = "customers", .from = {from}, .until = {to}};
    struct store_amendment amendment = {
        .world_id = "w1",
        .generation = from,
        .next_generation = to,
        .acts = acts,
        .act_count = count,
        .gaps = &gap,
        .gap_count = 1,
    };
    return store_amend(store, &amendment, fault);
}

static void acts_are_numbered_without_a_hole(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description read = {0};
    struct store_act acts[] = {an_act("z", "pause", 900), an_act("y", "resume", 800),
                               an_act("x", "tempo", 700), an_act("y", "resume", 100),
                               an_act("w", "reload", 600)};
    acts[0].seq = 55; /* is not asked for */
    works(amend_by(store, 1, 2, acts, 2, &fault));
    refuses(amend_by(store, 1, 3, &acts[4], 1, &fault), -ESTALE);
    works(amend_by(store, 2, 3, &acts[1], 4, &fault)); /* begins with one that is there */
    works(amend_by(store, 3, 4, NULL, 0, &fault));
    works(store_load(store, &read, &fault));
    assert_int_equal(read.act_count, 4);
    for (size_t i = 0; i < read.act_count; i++) {
        assert_int_equal(read.acts[i].seq, i + 1);
        assert_int_equal(read.acts[i].id[0], "zyxw"[i]);
    }
    assert_int_equal(read.acts[1].wall_us, 800);
    assert_int_equal(read.gap_count, 3);
    assert_int_equal(read.gaps[0].seq, 1);
    assert_int_equal(read.gaps[1].seq, 2);
    assert_int_equal(read.gaps[2].seq, 4);
    store_description_done(&read);
    store_free(store);
}

/* A daemon that amends as often as it comes first. */
static void *amend_at_once(void *context)
{
    struct conformance *c = context;
    struct store *store = c->open(c->context);
    struct fault fault = {0};
    int rc = store_connect(store, &fault);
    for (unsigned done = 0; done < 10 && (rc == 0 || rc == -ESTALE || rc == -EBUSY);) {
        struct store_stream streams[STORE_STREAMS_MAX];
        char id[STORE_NAME_MAX];
        size_t count = 0;
        struct store_act acts[] = {an_act("", "pause", 5), an_act("", "resume", 6)};
        rc = store_glance(store, id, streams, STORE_STREAMS_MAX, &count, &fault);
        (void)snprintf(acts[0].id, STORE_NAME_MAX, "%p-%u", (void *)store, done);
        (void)snprintf(acts[1].id, STORE_NAME_MAX, "%p-%ub", (void *)store, done);
        if (rc == 0)
            rc = amend_by(store, streams[0].generation,
                          streams[0].generation + 1 + (int64_t)((uintptr_t)store & 0xffff), acts, 2,
                          &fault);
        done += rc == 0 ? 1 : 0;
    }
    if (rc != 0)
        (void)fprintf(stderr, "amend: %d %s\n", rc, fault.text);
    store_free(store);
    return (void *)(intptr_t)rc;
}

static void daemons_that_amend_at_once_leave_no_hole(void **state)
{
    struct conformance *c = conformance_of(state);
    pthread_t threads[3];
    store_free(store_with_world(c));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, amend_at_once, c), 0);
    for (size_t i = 0; i < 3; i++) {
        void *rc;
        assert_int_equal(pthread_join(threads[i], &rc), 0);
        assert_null(rc);
    }
    assert_answer(c, "SELECT COUNT(*) FROM credd_act", "60");
    assert_answer(c, "SELECT MIN(seq) FROM credd_act", "1");
    assert_answer(c, "SELECT MAX(seq) FROM credd_act", "60");
    assert_answer(c,
                  "SELECT COUNT(*) FROM credd_act a JOIN credd_act b ON b.seq = a.seq + 1 WHERE "
                  "a.kind = 'pause' AND b.kind = 'resume'",
                  "30");
}

static void an_act_that_is_there_is_known(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_act act = an_act("act-1", "pause", 5);
    bool has = true;
    works(store_has_act(store, "act-1", &has, &fault));
    assert_false(has);
    works(amend_by(store, 1, 2, &act, 1, &fault));
    works(store_has_act(store, "act-1", &has, &fault));
    assert_true(has);
    store_free(store);
}

/* --- notes --- */

static void a_note_makes_no_generation(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_pair pair = a_pair("heartbeat", "1");
    works(store_note(store, "w1", 1, &pair, 1, &fault));
    works(store_note(store, "w1", 1, &pair, 1, &fault));
    pair = a_pair("heartbeat", "2");
    works(store_note(store, "w1", 1, &pair, 1, &fault));
    assert_int_equal(generation_of(store), 1);
    assert_answer(c, "SELECT value FROM credd_world WHERE name = 'heartbeat'", "2");
    refuses(store_note(store, "w0", 1, &pair, 1, &fault), -ESTALE);
    store_free(store);
}

static void a_note_of_another_generation_is_refused(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_act act = an_act("act-1", "speed", 5);
    struct store_pair pair = a_pair("heartbeat", "1");
    works(amend_by(store, 1, TOKEN, &act, 1, &fault));
    refuses(store_note(store, "w1", 1, &pair, 1, &fault), -ESTALE);
    refuses(store_note(store, "w1", TOKEN + 1, &pair, 1, &fault), -ESTALE);
    assert_answer(c, "SELECT COUNT(*) FROM credd_world WHERE name = 'heartbeat'", "0");
    works(store_note(store, "w1", TOKEN, &pair, 1, &fault));
    store_free(store);
}

static void a_stream_too_many_is_told(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_stream streams[STORE_STREAMS_MAX];
    char id[STORE_NAME_MAX];
    size_t count = 0;
    works(store_glance(store, id, streams, STORE_STREAMS_MAX, &count, &fault));
    assert_true(count > 1);
    refuses(store_glance(store, id, streams, count - 1, &count, &fault), -EUCLEAN);
    works(store_glance(store, id, streams, count, &count, &fault));
    store_free(store);
}

#define CONFORMANCE_AMEND_TESTS                                              \
    CONFORMANCE_TEST(an_amendment_is_done_once),                             \
        CONFORMANCE_TEST(an_amendment_that_fails_leaves_nothing),            \
        CONFORMANCE_TEST(an_amendment_needs_every_stream_in_its_generation), \
        CONFORMANCE_TEST(acts_are_numbered_without_a_hole),                  \
        CONFORMANCE_TEST(daemons_that_amend_at_once_leave_no_hole),          \
        CONFORMANCE_TEST(an_act_that_is_there_is_known),                     \
        CONFORMANCE_TEST(a_note_makes_no_generation),                        \
        CONFORMANCE_TEST(a_note_of_another_generation_is_refused),           \
        CONFORMANCE_TEST(a_stream_too_many_is_told)

#endif
