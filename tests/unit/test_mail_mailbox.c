/* What the threads post: rows as texts, and what may be dropped. */
#include <string.h>

#include "engine_checks.h"
#include "mail/mailbox.h"

static void test_rows_become_texts(void **state)
{
    (void)state;
    struct row_texts texts = {0};
    struct cell cells[] = {{.kind = CELL_TEXT, .length = 3, .text = "abc"},
                           {.kind = CELL_NULL},
                           {.kind = CELL_TIME, .number = 86399}};
    for (unsigned i = 0; i < 1000; i++) /* enough for the block to move */
        row_texts_add(&texts, cells, 3);
    struct post *post = row_texts_post(&texts, 9, &schema_status);
    assert_int_equal(post->news.rows, 1000);
    assert_string_equal(post->news.texts[0], "abc");
    assert_null(post->news.texts[2998]);
    assert_string_equal(post->news.texts[2999], "1970-01-01 23:59:59");
    assert_int_equal(texts.count, 0);
    post_free(post);
    row_texts_done(&texts);
}

static struct post *two_rows(void)
{
    struct post *post = post_new(POST_NEWS, 0);
    post->streams = 1u << 3;
    post->news.rows = 2;
    return post;
}

/* A watcher that does not keep up loses rows, which are counted; an end is never lost. */
static void test_a_mailbox_drops_only_what_may_be_dropped(void **state)
{
    (void)state;
    struct mailbox mailbox;
    struct fault fault;
    unsigned kept = 0, ends = 0;
    assert_int_equal(mailbox_init(&mailbox, &fault), 0);
    for (unsigned i = 0; i < 2 * MAILBOX_POSTS_MAX; i++)
        kept += mailbox_put(&mailbox, two_rows()) ? 1 : 0;
    assert_int_equal(kept, MAILBOX_POSTS_MAX);
    assert_true(mailbox_put(&mailbox, post_new(POST_END, 0)));
    assert_true(mailbox_put(&mailbox, post_new(POST_NEWS, 1)));
    mailbox_put_snapshot(&mailbox);
    mailbox_put_snapshot(&mailbox);
    struct post *post = mailbox_take(&mailbox);
    assert_int_equal(post->kind, POST_SNAPSHOT);
    assert_int_equal(post->next->lost, 2 * MAILBOX_POSTS_MAX);
    assert_int_equal(post->next->streams, 1u << 3);
    while (post != NULL) {
        struct post *next = post->next;
        ends += post->kind == POST_END ? 1 : 0;
        kept -= post->kind == POST_NEWS && post->request == 0 && post->lost == 0 ? 1 : 0;
        post_free(post);
        post = next;
    }
    assert_int_equal(ends, 1);
    assert_int_equal(kept, 0);
    mailbox_done(&mailbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_become_texts),
        cmocka_unit_test(test_a_mailbox_drops_only_what_may_be_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
