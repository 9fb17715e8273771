/* An SQLite file whose writer is killed at any instant: claims, commits, resets, upgrades. */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "sqlite_file.h"
#include "store_older_world.h"

/* Runs `work` in a process of its own and kills it after `us`. */
static void run_and_kill(struct conformance *c, void (*work)(struct conformance *c), long us)
{
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};
    pid_t child = fork();
    if (child == 0) {
        work(c);
        _exit(0);
    }
    (void)nanosleep(&pause, NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void copy_file(const char *from, const char *to, size_t most)
{
    size_t length;
    char *bytes = bytes_of(from, &length);
    write_file(to, bytes, length < most ? length : most, 0);
    free(bytes);
}

/* A claim whose process died after `most` bytes of the file had been written, its journal complete.
 */
static void half_a_claim(struct conformance *c, size_t most)
{
    struct sqlite_file *file = file_of(c);
    char journal[128];
    char half[128];
    char half_journal[128];
    (void)snprintf(journal, sizeof journal, "%s-journal", file->path);
    (void)snprintf(half, sizeof half, "%s/half", file->folder);
    (void)snprintf(half_journal, sizeof half_journal, "%s/half-journal", file->folder);
    raw(c, "CREATE TABLE orders (id INTEGER)");
    raw(c, "PRAGMA cache_size = 1");
    raw(c, "BEGIN");
    raw(c, "CREATE TABLE credd_meta (name VARCHAR(40) PRIMARY KEY, value VARCHAR(256))");
    raw(c, "INSERT INTO credd_meta VALUES ('marker', '" SCHEMA_MARKER
           "'), ('schema', '" SCHEMA_VERSION "')");
    raw(c, "CREATE TABLE filler (x)");
    raw(c, "INSERT INTO filler VALUES (zeroblob(100000)), (zeroblob(100000))");
    copy_file(journal, half_journal, SIZE_MAX); /* it was flushed when the cache was full */
    raw(c, "COMMIT");
    copy_file(file->path, half, most);
    sqlite_file_close(file);
    assert_int_equal(rename(half, file->path), 0);
    assert_int_equal(rename(half_journal, journal), 0);
}

static void half_a_claim_is_undone_and_made_again(void **state)
{
    static const size_t sizes[] = {SIZE_MAX, 8192, 12288, 16384};
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        c->fresh(c->context);
        half_a_claim(c, sizes[i]);
        struct store *store = connected_store(c);
        assert_int_equal(kind_of(store), STORE_VACANT);
        works(store_claim(store, &fault));
        assert_int_equal(kind_of(store), STORE_CLAIMED);
        assert_answer(c, "SELECT group_concat(name) FROM sqlite_master WHERE type = 'table'",
                      "orders,credd_meta");
        assert_answer(c, "PRAGMA integrity_check", "ok");
        store_free(store);
    }
}

static void claim_it(struct conformance *c)
{
    struct store *store = c->open(c->context);
    if (store_connect(store, NULL) == 0)
        (void)store_claim(store, NULL);
    store_free(store);
}

static void a_claim_can_be_killed_at_any_instant(void **state)
{
    struct conformance *c = conformance_of(state);
    for (long i = 0; i < 60; i++) {
        c->fresh(c->context);
        if (i % 2 == 1) { /* a database with something of others in it */
            raw(c, "CREATE TABLE orders (id INTEGER)");
            sqlite_file_close(file_of(c));
        }
        run_and_kill(c, claim_it, 500 + i * 400);
        struct store *store = connected_store(c);
        enum store_kind kind = kind_of(store);
        assert_true(kind == STORE_VACANT || kind == STORE_CLAIMED);
        works(store_claim(store, &fault));
        assert_int_equal(kind_of(store), STORE_CLAIMED);
        assert_answer(c, "SELECT COUNT(*) FROM credd_meta", "2");
        store_free(store);
    }
}

static void commit_for_ever(struct conformance *c)
{
    struct store *store = c->open(c->context);
    struct change_list list = {0};
    char key[32];
    struct store_stream streams[STORE_STREAMS_MAX];
    char id[STORE_NAME_MAX];
    size_t count;
    int rc = store_connect(store, NULL);
    while (rc == 0 && store_glance(store, id, streams, STORE_STREAMS_MAX, &count, NULL) == 0) {
        struct store_outcome outcome;
        int64_t at = streams[0].watermark.s;
        for (unsigned i = 0; i < 3; i++) {
            (void)snprintf(key, sizeof key, "X%06d-%u", (int)(at - BASE), i);
            add_customer(&list, key);
        }
        struct store_batch batch = a_batch("w1", "customers", at, at + 1, &list);
        rc = store_commit(store, false, &batch, &outcome, NULL);
        change_list_clear(&list);
    }
    _exit(1);
}

static void a_commit_can_be_killed_at_any_instant(void **state)
{
    struct conformance *c = conformance_of(state);
    store_free(store_with_world(c));
    sqlite_file_close(file_of(c));
    for (long i = 0; i < 20; i++) {
        run_and_kill(c, commit_for_ever, 20000 + i * 1700);
        struct store *store = connected_store(c);
        assert_answer(c,
                      "SELECT (SELECT COUNT(*) FROM customers) = 3 * (1 + watermark - 1700000000) "
                      "AND (SELECT COUNT(*) FROM customers) = row_count FROM credd_stream WHERE "
                      "name = 'customers'",
                      "1");
        sqlite_file_close(file_of(c));
        store_free(store);
    }
}

/* World ids end in the number of their customers. */
static void reset_for_ever(struct conformance *c)
{
    struct store *store = c->open(c->context);
    char old_id[STORE_NAME_MAX] = "";
    char new_id[STORE_NAME_MAX];
    struct store_stream streams[STORE_STREAMS_MAX];
    size_t count;
    if (store_connect(store, NULL) != 0 ||
        store_glance(store, old_id, streams, STORE_STREAMS_MAX, &count, NULL) != 0)
        _exit(1);
    for (unsigned i = 0;; i++) {
        (void)snprintf(new_id, sizeof new_id, "w%d-%u-%u", (int)getpid(), i, 1 + i % 7);
        build(store, new_id, old_id, 1 + i % 7);
        if (i % 3 != 0)
            (void)store_sweep(store, NULL);
        memcpy(old_id, new_id, sizeof old_id);
    }
}

static void a_reset_can_be_killed_at_any_instant(void **state)
{
    struct conformance *c = conformance_of(state);
    store_free(store_with_world(c));
    raw(c, "UPDATE credd_world SET value = 'w1-3' WHERE name = 'id'");
    sqlite_file_close(file_of(c));
    for (long i = 0; i < 20; i++) {
        run_and_kill(c, reset_for_ever, 20000 + i * 6100);
        struct store *store = connected_store(c);
        assert_int_equal(kind_of(store), STORE_WORLD);
        assert_answer(c,
                      "SELECT (SELECT COUNT(*) FROM customers) = substr(value, -1) + 0 FROM "
                      "credd_world WHERE name = 'id'",
                      "1");
        works(store_sweep(store, &fault));
        assert_answer(c, "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'", "12");
        assert_answer(c, "SELECT COUNT(*) FROM pragma_foreign_key_check", "0");
        sqlite_file_close(file_of(c));
        store_free(store);
    }
}

static void upgrade_it(struct conformance *c)
{
    struct store *store = c->open(c->context);
    if (store_connect(store, NULL) == 0)
        (void)store_upgrade(store, "the first", NULL);
    store_free(store);
}

static long now_us(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

/* Later and later, until it is over before. */
static void an_upgrade_can_be_killed_at_any_instant(void **state)
{
    struct conformance *c = conformance_of(state);
    unsigned older = 0;
    unsigned done = 0;
    older_world(c);
    sqlite_file_close(file_of(c));
    long took = now_us();
    upgrade_it(c);
    took = now_us() - took;
    for (long i = 0; i < 40 || (done == 0 && i < 400); i++) {
        c->fresh(c->context);
        older_world(c);
        if (i % 2 == 0)
            raw(c, "PRAGMA journal_mode = WAL");
        sqlite_file_close(file_of(c));
        run_and_kill(c, upgrade_it, took * 2 * i / 40);
        struct store *store = connected_store(c);
        enum store_kind kind = kind_of(store);
        assert_true(kind == STORE_OLDER || kind == STORE_WORLD);
        older += kind == STORE_OLDER ? 1 : 0;
        done += kind == STORE_WORLD ? 1 : 0;
        if (kind == STORE_OLDER) {
            assert_answer(c, "SELECT value FROM credd_act WHERE kind = 'adopt'", "42");
            assert_answer(c, "SELECT value FROM credd_new_world", "w00000000000");
        }
        works(store_upgrade(store, "the second", &fault));
        (void)upgraded_world(c, store);
        assert_answer(c, "PRAGMA integrity_check", "ok");
        sqlite_file_close(file_of(c));
        store_free(store);
    }
    print_message("killed before its end %u times, after it %u times\n", older, done);
    assert_true(older > 0 && done > 0);
}

int main(void)
{
    struct sqlite_file file;
    struct conformance conformance = sqlite_conformance(&file);
    struct CMUnitTest tests[] = {
        CONFORMANCE_TEST(half_a_claim_is_undone_and_made_again),
        CONFORMANCE_TEST(a_claim_can_be_killed_at_any_instant),
        CONFORMANCE_TEST(a_commit_can_be_killed_at_any_instant),
        CONFORMANCE_TEST(a_reset_can_be_killed_at_any_instant),
        CONFORMANCE_TEST(an_upgrade_can_be_killed_at_any_instant),
    };
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tests[i].initial_state = &conformance;
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    sqlite_file_done(&file);
    return rc;
}
