/* What is particular to an SQLite file: it may be somebody else's, may be no database, may go away.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

#include "sqlite_file.h"

static struct sqlite_file *file_of(struct conformance *c)
{
    return c->context;
}

/* The bytes of the file; to be released. */
static char *bytes_of(const char *path, size_t *ret_length)
{
    FILE *in = fopen(path, "rbe");
    assert_non_null(in);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    *ret_length = (size_t)ftell(in);
    rewind(in);
    char *bytes = MEM_ARRAY(char, *ret_length + 1);
    assert_int_equal(fread(bytes, 1, *ret_length, in), *ret_length);
    (void)fclose(in);
    return bytes;
}

static void write_file(const char *path, const char *bytes, size_t length, long at)
{
    FILE *out = fopen(path, at > 0 ? "r+be" : "wbe");
    assert_non_null(out);
    assert_int_equal(fseek(out, at, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
}

/* Everything that a daemon may try on a file that is not its own; nothing may change. */
static void untouched(struct conformance *c, const char *found)
{
    struct sqlite_file *file = file_of(c);
    size_t before = 0;
    size_t after = 0;
    unsigned files = sqlite_file_each(file, NULL);
    char *old_bytes = bytes_of(file->path, &before);
    struct store *store = connected_store(c);
    struct store_description world = a_world("w1");
    struct fault why = {0};
    enum store_kind kind;
    assert_int_equal(store_probe(store, &kind, &why), 0);
    assert_int_equal(kind, STORE_FOREIGN);
    if (strstr(why.text, found) == NULL)
        fail_msg("'%s' does not say '%s'", why.text, found);
    refuses(store_claim(store, &fault), -EPERM);
    refuses(store_adopt(store, &fault), -EPERM);
    refuses(store_shadow_begin(store, &world, &fault), -EPERM);
    works(store_sweep(store, &fault));
    assert_int_equal(sqlite_file_each(file, NULL), files);
    store_free(store);
    assert_int_equal(sqlite_file_each(file, NULL), files);
    char *new_bytes = bytes_of(file->path, &after);
    assert_int_equal(after, before);
    assert_memory_equal(new_bytes, old_bytes, before);
    free(new_bytes);
    free(old_bytes);
    store_description_done(&world);
}

static void a_foreign_file_keeps_its_bytes(void **state)
{
    struct conformance *c = conformance_of(state);
    raw(c, "CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, name TEXT)");
    raw(c, "INSERT INTO customers VALUES (1, 'theirs')");
    untouched(c, "customers");
    sqlite_file_close(file_of(c));
    untouched(c, "customers");
    raw(c, "PRAGMA journal_mode = WAL");
    raw(c, "INSERT INTO customers VALUES (2, 'theirs')");
    untouched(c, "customers"); /* open, with its log */
    sqlite_file_close(file_of(c));
    assert_int_equal(sqlite_file_each(file_of(c), NULL), 1);
    untouched(c, "customers"); /* closed: a look must not make a log */
    assert_int_equal(sqlite_file_each(file_of(c), NULL), 1);
}

static void a_view_named_like_ours_makes_it_foreign(void **state)
{
    struct conformance *c = conformance_of(state);
    raw(c, "CREATE TABLE people (id INTEGER)");
    raw(c, "CREATE VIEW Customers AS SELECT id AS customer_id FROM people");
    untouched(c, "Customers");
}

static void a_file_that_is_no_database_is_left_alone(void **state)
{
    struct conformance *c = conformance_of(state);
    char noise[5000];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(i * 7 + 1);
    write_file(file_of(c)->path, noise, sizeof noise, 0);
    untouched(c, "not an SQLite database");
    write_file(file_of(c)->path, "dear diary", 10, 0);
    untouched(c, "not an SQLite database");
}

static void an_empty_file_is_vacant(void **state)
{
    struct conformance *c = conformance_of(state);
    write_file(file_of(c)->path, "", 0, 0);
    struct store *store = connected_store(c);
    assert_int_equal(kind_of(store), STORE_VACANT);
    works(store_claim(store, &fault));
    assert_int_equal(kind_of(store), STORE_CLAIMED);
    store_free(store);
}

static void a_look_makes_no_file(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = connected_store(c);
    assert_int_equal(kind_of(store), STORE_VACANT);
    store_free(store);
    assert_int_equal(sqlite_file_each(file_of(c), NULL), 0);
}

static void what_can_not_be_opened_is_said(void **state)
{
    struct conformance *c = conformance_of(state);
    char path[160];
    (void)snprintf(path, sizeof path, "%s/missing/db", file_of(c)->folder);
    struct store *store = store_new(&(struct store_config){.path = path});
    struct fault why = {0};
    assert_int_equal(store_connect(store, &why), -EACCES);
    assert_non_null(strstr(why.text, "/missing of the database does not exist"));
    assert_false(store_connected(store));
    store_free(store);
    store = store_new(&(struct store_config){.path = file_of(c)->folder});
    refuses(store_connect(store, &fault), -EACCES);
    store_free(store);
}

/* The superuser may write everywhere: becomes somebody else for the test. */
static void without_rights_nothing_is_opened(void **state)
{
    struct conformance *c = conformance_of(state);
    struct sqlite_file *file = file_of(c);
    struct store *store = store_with_world(c);
    bool super = geteuid() == 0;
    store_free(store);
    assert_int_equal(chmod(file->folder, super ? 0755 : 0555), 0);
    assert_int_equal(chmod(file->path, 0444), 0);
    if (super)
        assert_int_equal(seteuid(65534), 0);
    store = c->open(c->context);
    struct fault why = {0};
    int rc = store_connect(store, &why);
    store_free(store);
    if (super)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(file->folder, 0755), 0);
    assert_int_equal(rc, -EACCES);
    assert_non_null(strstr(why.text, "may not be written by this user"));
}

static void a_newer_schema_is_not_touched(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    store_free(store);
    raw(c, "UPDATE credd_meta SET value = '999' WHERE name = 'schema'");
    store = c->open(c->context);
    refuses(store_connect(store, &fault), -EPERM);
    store_free(store);
}

static void a_damaged_file_is_said_to_be_one(void **state)
{
    struct conformance *c = conformance_of(state);
    char noise[4096];
    struct store *store = store_with_world(c);
    struct fault why = {0};
    struct store_description world = {0};
    store_free(store);
    memset(noise, 0x5a, sizeof noise);
    size_t length;
    char *bytes = bytes_of(file_of(c)->path, &length);
    for (long at = 4096; at < (long)length; at += 4096)
        write_file(file_of(c)->path, noise, sizeof noise, at);
    store = c->open(c->context);
    int rc = store_connect(store, &why);
    if (rc == 0)
        rc = store_load(store, &world, &why);
    assert_int_equal(rc, -EPROTO);
    assert_non_null(strstr(why.text, "is damaged"));
    free(bytes);
    store_free(store);
}

static void a_file_that_was_replaced_is_noticed(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 1, NULL);
    struct store_outcome outcome;
    sqlite_file_fresh(c->context);
    refuses(store_commit(store, false, &batch, &outcome, &fault), -ENOTCONN);
    assert_false(store_connected(store));
    works(store_connect(store, &fault));
    assert_int_equal(kind_of(store), STORE_VACANT);
    store_free(store);
}

static void min_free_is_kept_free(void **state)
{
    struct conformance *c = conformance_of(state);
    store_free(store_with_world(c));
    file_of(c)->min_free = UINT64_C(1) << 60;
    struct store *store = connected_store(c);
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 1, NULL);
    struct store_outcome outcome;
    refuses(store_commit(store, false, &batch, &outcome, &fault), -ENOSPC);
    file_of(c)->min_free = 0;
    store_free(store);
    store = connected_store(c);
    works(store_commit(store, false, &batch, &outcome, &fault));
    store_free(store);
}

/* --- what applications do --- */

static void a_trigger_of_theirs_may_refuse_a_row(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    raw(c, "CREATE TRIGGER no BEFORE INSERT ON customers WHEN NEW.customer_id = 'K11' "
           "BEGIN SELECT RAISE(ABORT, 'not this one'); END");
    add_customer(&list, "K10");
    add_customer(&list, "K11");
    add_customer(&list, "K12");
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 1, &list);
    struct store_outcome outcome = commits(store, false, &batch, &list);
    assert_int_equal(outcome.inserted, 2);
    assert_int_equal(outcome.skipped, 1);
    change_list_done(&list);
    store_free(store);
}

/* RAISE(ROLLBACK) ends the whole transaction: the rows after it must not go in without their
 * watermark. */
static void a_trigger_that_rolls_back_leaves_nothing(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    struct store_outcome outcome;
    raw(c, "CREATE TRIGGER no BEFORE INSERT ON customers WHEN NEW.customer_id = 'K11' "
           "BEGIN SELECT RAISE(ROLLBACK, 'none at all'); END");
    add_customer(&list, "K10");
    add_customer(&list, "K11");
    add_customer(&list, "K12");
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 1, &list);
    refuses(store_commit(store, false, &batch, &outcome, &fault), -EPROTO);
    assert_answer(c, "SELECT COUNT(*) FROM customers", "3");
    raw(c, "DROP TRIGGER no");
    assert_int_equal(commits(store, false, &batch, &list).inserted, 3);
    change_list_done(&list);
    store_free(store);
}

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

/* --- kill -9 --- */

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
    raw(c, "INSERT INTO credd_meta VALUES ('marker', 'credd'), ('schema', '" SCHEMA_VERSION "')");
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
        assert_answer(c, "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'", "11");
        assert_answer(c, "SELECT COUNT(*) FROM pragma_foreign_key_check", "0");
        sqlite_file_close(file_of(c));
        store_free(store);
    }
}

int main(void)
{
    struct sqlite_file file;
    struct conformance conformance = sqlite_conformance(&file);
    struct CMUnitTest tests[] = {
        CONFORMANCE_TEST(a_foreign_file_keeps_its_bytes),
        CONFORMANCE_TEST(a_view_named_like_ours_makes_it_foreign),
        CONFORMANCE_TEST(a_file_that_is_no_database_is_left_alone),
        CONFORMANCE_TEST(an_empty_file_is_vacant),
        CONFORMANCE_TEST(a_look_makes_no_file),
        CONFORMANCE_TEST(what_can_not_be_opened_is_said),
        CONFORMANCE_TEST(without_rights_nothing_is_opened),
        CONFORMANCE_TEST(a_newer_schema_is_not_touched),
        CONFORMANCE_TEST(a_damaged_file_is_said_to_be_one),
        CONFORMANCE_TEST(a_file_that_was_replaced_is_noticed),
        CONFORMANCE_TEST(min_free_is_kept_free),
        CONFORMANCE_TEST(a_trigger_of_theirs_may_refuse_a_row),
        CONFORMANCE_TEST(a_trigger_that_rolls_back_leaves_nothing),
        CONFORMANCE_TEST(values_of_other_kinds_are_given_as_they_are),
        CONFORMANCE_TEST(rows_from_before_the_first_world_are_not_swapped_away),
        CONFORMANCE_TEST(swapped_tables_refer_to_each_other),
        CONFORMANCE_TEST(an_application_writes_along),
        CONFORMANCE_TEST(a_look_leaves_the_locks_of_others_in_this_process),
        CONFORMANCE_TEST(half_a_claim_is_undone_and_made_again),
        CONFORMANCE_TEST(a_claim_can_be_killed_at_any_instant),
        CONFORMANCE_TEST(a_commit_can_be_killed_at_any_instant),
        CONFORMANCE_TEST(a_reset_can_be_killed_at_any_instant),
    };
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tests[i].initial_state = &conformance;
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    sqlite_file_done(&file);
    return rc;
}
