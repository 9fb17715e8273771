/* The writer where others changed the tables: what a swap lost is told, a swap that was taken back
 * is no restored backup, a restore is noticed, and a world that is gone is looked for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/backend.h"
#include "writer/writer_parts.h"
#include "writer_checks.h"

struct fake {
    struct store_loss loss;
    struct store_ages ages;
    unsigned sweeps;
};

static int lost(void *self, struct store_loss *ret, struct fault *fault)
{
    (void)fault;
    *ret = ((struct fake *)self)->loss;
    return 0;
}

static int ages(void *self, struct store_ages *ret_ages, struct fault *fault)
{
    (void)fault;
    *ret_ages = ((struct fake *)self)->ages;
    return 0;
}

static int sweep(void *self, struct fault *fault)
{
    (void)fault;
    ((struct fake *)self)->sweeps++;
    return 0;
}

static void close_fake(void *self)
{
    (void)self;
}

static bool connected(const void *self)
{
    (void)self;
    return true;
}

static int probe(void *self, enum store_kind *ret_kind, struct fault *fault)
{
    (void)self;
    (void)fault;
    *ret_kind = STORE_CLAIMED;
    return 0;
}

static const struct store_backend backend = {.close = close_fake,
                                             .connected = connected,
                                             .probe = probe,
                                             .lost = lost,
                                             .ages = ages,
                                             .sweep = sweep};

static void test_who_asked_hears_what_was_lost(void **state)
{
    struct fault fault = {0};
    struct fake fake = {.loss = {.text = "table customers: added `tier` int(11)"}};
    struct writer *writer = MEM_NEW(struct writer);
    struct job *job = MEM_NEW(struct job);
    (void)state;
    writer->session.store = store_wrap(&backend, &fake);
    writer->journal = journal_new();
    assert_int_equal(lost_tell(writer, job, &fault), 0);
    assert_non_null(strstr(
        job->loss,
        "without changes that were made to the tables during the swap: table customers: added "));
    assert_string_equal(writer->lost_told, fake.loss.text);
    /* After another daemon's sweep, too, which told the journal. */
    *job = (struct job){.loss = ""};
    writer->lost_told[0] = '\0';
    fake.loss.told = true;
    assert_int_equal(lost_tell(writer, job, &fault), 0);
    assert_non_null(strstr(job->loss, "repeat them"));
    assert_string_equal(writer->lost_told, "");
    assert_int_equal(lost_sweep(writer, &fault), 0);
    assert_int_equal(fake.sweeps, 1);
    fake.loss = (struct store_loss){.text = ""};
    *job = (struct job){.loss = ""};
    assert_int_equal(lost_tell(writer, job, &fault), 0);
    assert_string_equal(job->loss, "");
    journal_free(writer->journal);
    store_free(writer->session.store);
    free(job);
    free(writer);
}

static void test_a_swap_that_was_taken_back_is_no_restore(void **state)
{
    struct fault fault = {0};
    struct fake fake = {.ages = {.own = 70}};
    (void)state;
    for (int renewed = 0; renewed < 2; renewed++) {
        struct writer *writer = MEM_NEW(struct writer);
        writer->outside = &outside_system;
        writer->session.store = store_wrap(&backend, &fake);
        writer->session.made = 60;
        if (renewed != 0)
            assert_int_equal(restored_renewed(writer, &fault), 0);
        assert_int_equal(restored_look(writer, &fault), 0);
        assert_int_equal(writer->torn, renewed == 0);
        assert_int_equal(writer->session.made, 70);
        store_free(writer->session.store);
        free(writer);
    }
}

/* A restore begins before the daemon looked at the tables for the first time. */
static void test_a_restore_is_known_from_the_first_read_on(void **state)
{
    struct fault fault = {0};
    struct fake fake = {.ages = {.own = 170, .tables = {70, 70, 70, 70, 70}}};
    (void)state;
    struct writer *writer = MEM_NEW(struct writer);
    writer->outside = &outside_system;
    writer->session.store = store_wrap(&backend, &fake);
    writer->session.made = 170; /* it has a new connection since */
    writer->session.ages = (struct store_ages){.own = 70, .tables = {70, 70, 70, 70, 70}};
    restored_begin(writer);
    writer->session.ages = fake.ages;
    restored_begin(writer);
    assert_int_equal(restored_look(writer, &fault), 0);
    assert_true(writer->restoring && writer->torn);
    store_free(writer->session.store);
    free(writer);
}

/* Whoever waits for a reset hears within the time given that nobody knows what came of it. */
static void test_a_swap_that_nobody_can_tell_about_is_given_up(void **state)
{
    struct fault fault = {0};
    struct mailbox mailbox;
    struct writer *writer = MEM_NEW(struct writer);
    struct job *job = MEM_NEW(struct job);
    (void)state;
    assert_int_equal(mailbox_init(&mailbox, &fault), 0);
    (void)pthread_mutex_init(&writer->lock, NULL);
    writer->outside = &outside_system;
    writer->mailbox = &mailbox;
    writer->current = job;
    job->asked.task = TASK_RESET;
    job->asked.request = 7;
    job->known_by.us = writer_mono(writer).us + INT64_C(600000000);
    (void)fault_set(&job->lost, -ECONNABORTED, "the server did not end its RENAME TABLE");
    jobs_give_up(writer);
    (void)snprintf(job->new_id, sizeof job->new_id, "w2");
    jobs_give_up(writer);
    assert_ptr_equal(writer->current, job);
    job->known_by.us = writer_mono(writer).us;
    jobs_give_up(writer);
    assert_null(writer->current);
    bool ended = false;
    for (struct post *post = mailbox_take(&mailbox), *next; post != NULL; post = next) {
        next = post->next;
        if (post->kind == POST_END) {
            ended =
                post->request == 7 && post->end.result == RESULT_FAILED &&
                strstr(post->end.text, "cannot tell whether") != NULL &&
                strstr(post->end.text, "did not end its RENAME TABLE; 'credctl status'") != NULL;
        }
        post_free(post);
    }
    assert_true(ended);
    mailbox_done(&mailbox);
    (void)pthread_mutex_destroy(&writer->lock);
    free(writer);
}

/* Due runs must not keep the loop turning until the next look at the database. */
static void test_what_is_due_without_a_world_does_not_run_hot(void **state)
{
    struct fault fault = {0};
    struct fake fake = {0};
    struct mailbox mailbox;
    struct writer *writer = MEM_NEW(struct writer);
    (void)state;
    assert_int_equal(mailbox_init(&mailbox, &fault), 0);
    (void)pthread_mutex_init(&writer->lock, NULL);
    writer->outside = &outside_system;
    writer->mailbox = &mailbox;
    writer->journal = journal_new();
    session_init(&writer->session, &writer->database, NULL, NULL, writer->owner);
    writer->session.store = store_wrap(&backend, &fake);
    writer->health = health_start();
    (void)health_step(&writer->health, HEALTH_OPENED, 0, "", writer_mono(writer));
    writer->look_at.us = writer_mono(writer).us + INT64_C(600000000);
    writer_add_due(writer, 1u << STREAM_MARKET_DATA, (world_time){1});
    assert_int_equal(writer_turn(writer), 0);
    assert_false(session_connected(&writer->session));
    assert_true(writer_turn(writer) > 0); /* it waits until it connects again */
    assert_int_equal(writer->due, 1u << STREAM_MARKET_DATA);
    session_done(&writer->session);
    journal_free(writer->journal);
    mailbox_done(&mailbox);
    (void)pthread_mutex_destroy(&writer->lock);
    free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_asked_hears_what_was_lost),
        cmocka_unit_test(test_a_swap_that_was_taken_back_is_no_restore),
        cmocka_unit_test(test_a_restore_is_known_from_the_first_read_on),
        cmocka_unit_test(test_a_swap_that_nobody_can_tell_about_is_given_up),
        cmocka_unit_test(test_what_is_due_without_a_world_does_not_run_hot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
