/* An SQLite file among applications: their triggers, values, tables and locks.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

#include "sqlite_file.h"

static void values_of_other_kinds_are_given_as_they_are(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    raw(c, "INSERT INTO financial_records VALUES ('R0', 'K00', 'income', 'a lot', NULL, 'today', "
           "'2023-11-14 22:13:20.000123')");
    raw(c, "INSERT INTO financial_records VALUES ('R1', 'K00', 'income', 0.125, x'41', 5, "
           "'2023-11-14 22:13:20')");
    assert_string_equal(page_of(store, "financial_records", NULL, 9, print_row).text,
                        "R0|K00|income|a lot||today|2023-11-14 22:13:20.000123;"
                        "R1|K00|income|0.125|A|5|2023-11-14 22:13:20;");
    store_free(store);
}

/* In a column of credd's own that holds numbers, a text means nothing. */
static void texts_in_the_place_of_numbers_are_told(void **state)
{
    static const char *const changes[] = {
        "UPDATE credd_stream SET not_before = 'soon'",
        "UPDATE credd_stream SET paused_at = 1.5",
        "UPDATE credd_act SET seq = 'first'",
        "UPDATE credd_act SET at = 'noon'",
        "UPDATE credd_act SET pid = x'00'",
        "UPDATE credd_gap SET seq = 'first'",
        "UPDATE credd_gap SET until_at = ''",
    };
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        c->fresh(c->context);
        struct store *store = store_with_world(c);
        struct store_description read = {0};
        struct store_act act = an_act("act-1", "pause", 5);
        struct store_gap gap = {.stream = "customers", .from = {BASE}, .until = {BASE + 60}};
        struct store_amendment amendment = {
            .world_id = "w1",
            .generation = 1,
            .next_generation = 2,
            .acts = &act,
            .act_count = 1,
            .gaps = &gap,
            .gap_count = 1,
        };
        works(store_amend(store, &amendment, &fault));
        works(store_load(store, &read, &fault));
        store_description_done(&read);
        raw(c, changes[i]);
        refuses(store_load(store, &read, &fault), -EUCLEAN);
        assert_null(read.acts);
        store_free(store);
    }
}

/* The next act's number would be none. */
static void an_act_behind_a_text_is_refused(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_act act = an_act("act-1", "pause", 5);
    struct store_amendment amendment = {
        .world_id = "w1", .generation = 1, .next_generation = 2, .acts = &act, .act_count = 1};
    raw(c, "INSERT INTO credd_act VALUES ('first', '', 'x', '', 0, 0, '', 0, 0, '', '')");
    refuses(store_amend(store, &amendment, &fault), -EUCLEAN);
    assert_answer(c, "SELECT COUNT(*) FROM credd_stream WHERE generation = 1", "5");
    store_free(store);
}

static void rows_from_before_the_first_world_are_not_swapped_away(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = connected_store(c);
    struct store_description world = a_world("w1");
    works(store_claim(store, &fault));
    raw(c, "CREATE TABLE customers (customer_id VARCHAR(50))");
    works(store_shadow_begin(store, &world, &fault));
    raw(c, "INSERT INTO customers VALUES ('theirs')");
    refuses(store_swap(store, "", 1000, &fault), -EPERM);
    assert_answer(c, "SELECT customer_id FROM customers", "theirs");
    store_description_done(&world);
    store_free(store);
}

/* Indexes and foreign keys after swaps are those of a new database. */
static void swapped_tables_refer_to_each_other(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    add_record(&list, "R0", "K00", 1);
    struct store_batch batch = a_batch("w1", "financial_records", 0, BASE, &list);
    (void)commits(store, false, &batch, &list);
    for (unsigned i = 0; i < 2; i++) {
        build(store, i == 0 ? "w2" : "w3", i == 0 ? "w1" : "w2", 2);
        assert_answer(c, "SELECT COUNT(*) FROM pragma_foreign_key_check", "0");
        works(store_sweep(store, &fault));
        assert_answer(c,
                      "SELECT group_concat(f.\"table\" || '.' || f.\"to\") FROM sqlite_master m, "
                      "pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
                      "customers.customer_id,customers.customer_id,customers.customer_id");
        assert_answer(c, "SELECT COUNT(*) FROM pragma_foreign_key_check", "0");
        assert_answer(c,
                      "SELECT COUNT(*) FROM sqlite_master WHERE type = 'index' AND name LIKE "
                      "'credd%' AND tbl_name NOT LIKE 'credd%'",
                      "4");
        assert_answer(c, "PRAGMA integrity_check", "ok");
    }
    assert_answer(c, "SELECT group_concat(type) FROM pragma_table_info('loan_applications')",
                  "VARCHAR(50),VARCHAR(50),VARCHAR(50),DECIMAL(12,2),INTEGER,VARCHAR(100),"
                  "VARCHAR(20),DATE,TIMESTAMP");
    assert_answer(c, "PRAGMA journal_mode", "wal");
    change_list_done(&list);
    store_free(store);
}

/* --- locks --- */

/* An application that holds the write lock for some 20 ms and waits for at most a second to get it.
 */
struct writer {
    const char *path;
    atomic_bool stop;
    atomic_uint written;
    bool failed;
};

static void *write_along(void *context)
{
    struct writer *writer = context;
    sqlite3 *db;
    struct timespec hold = {0, 20000000};
    struct timespec pause = {0, 2000000};
    writer->failed = sqlite3_open(writer->path, &db) != SQLITE_OK;
    (void)sqlite3_busy_timeout(db, 5000); /* what Python's sqlite3 has */
    while (!atomic_load(&writer->stop) && !writer->failed) {
        writer->failed = sqlite3_exec(db, "BEGIN IMMEDIATE; INSERT INTO orders VALUES (1)", NULL,
                                      NULL, NULL) != SQLITE_OK;
        (void)nanosleep(&hold, NULL);
        writer->failed |= sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK;
        atomic_fetch_add(&writer->written, 1);
        (void)nanosleep(&pause, NULL);
    }
    (void)sqlite3_close(db);
    return NULL;
}

static void an_application_writes_along(void **state)
{
    struct conformance *c = conformance_of(state);
    struct writer writer = {.path = file_of(c)->path};
    struct change_list list = {0};
    struct timespec model = {0, 2000000}; /* what the model takes at least between two batches */
    pthread_t thread;
    char key[32];
    raw(c, "CREATE TABLE orders (id INTEGER)");
    struct store *store = store_with_world(c);
    atomic_init(&writer.stop, false);
    atomic_init(&writer.written, 0);
    assert_int_equal(pthread_create(&thread, NULL, write_along, &writer), 0);
    /* On a busy machine the application may come late: the batches go on until it has come. */
    for (int i = 0; i < 20000 || (atomic_load(&writer.written) <= 5 && i < 400000); i++) {
        (void)snprintf(key, sizeof key, "M%06d", i);
        add_point(&list, key, i);
        if (i % 2000 != 1999)
            continue;
        struct store_batch batch =
            a_batch("w1", "market_data", i < 2000 ? 0 : BASE + i - 2000, BASE + i, &list);
        assert_int_equal(commits(store, false, &batch, &list).inserted, 2000);
        (void)nanosleep(&model, NULL);
    }
    build(store, "w2", "w1", 2);
    works(store_sweep(store, &fault));
    atomic_store(&writer.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(writer.failed);
    assert_true(atomic_load(&writer.written) > 5);
    change_list_done(&list);
    store_free(store);
}

/* In a process of its own: is the range that SQLite locks for reading locked by another process? */
static bool is_locked(const char *path)
{
    pid_t child = fork();
    if (child == 0) {
        struct flock lock = {
            .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000002, .l_len = 510};
        int file = open(path, O_RDWR | O_CLOEXEC);
        _exit(file >= 0 && fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 1 : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status) == 1;
}

/* Closing any file descriptor of a file drops the POSIX locks of the process on it, unless SQLite
 * does it. */
static void a_look_leaves_the_locks_of_others_in_this_process(void **state)
{
    struct conformance *c = conformance_of(state);
    struct sqlite_file *file = file_of(c);
    raw(c, "CREATE TABLE customers (customer_id INTEGER)");
    raw(c, "BEGIN");
    assert_answer(c, "SELECT COUNT(*) FROM customers", "0");
    assert_true(is_locked(file->path));
    struct store *store = connected_store(c);
    assert_int_equal(kind_of(store), STORE_FOREIGN);
    store_free(store);
    assert_true(is_locked(file->path));
    raw(c, "COMMIT");
    assert_false(is_locked(file->path));
}

int main(void)
{
    struct sqlite_file file;
    struct conformance conformance = sqlite_conformance(&file);
    struct CMUnitTest tests[] = {
        CONFORMANCE_TEST(values_of_other_kinds_are_given_as_they_are),
        CONFORMANCE_TEST(texts_in_the_place_of_numbers_are_told),
        CONFORMANCE_TEST(an_act_behind_a_text_is_refused),
        CONFORMANCE_TEST(rows_from_before_the_first_world_are_not_swapped_away),
        CONFORMANCE_TEST(swapped_tables_refer_to_each_other),
        CONFORMANCE_TEST(an_application_writes_along),
        CONFORMANCE_TEST(a_look_leaves_the_locks_of_others_in_this_process),
    };
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tests[i].initial_state = &conformance;
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    sqlite_file_done(&file);
    return rc;
}
