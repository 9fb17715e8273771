/* What is particular to an SQLite file: it may be somebody else's, may be no database, may go away.
 */
#include "sqlite_file.h"

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
    refuses(store_adopt(store, NULL, &fault), -EPERM);
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
    };
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tests[i].initial_state = &conformance;
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    sqlite_file_done(&file);
    return rc;
}
