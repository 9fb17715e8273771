/* Random sequences of calls give the same on the database in memory as on SQLite and MariaDB: what
 * the simulation finds on the one is so on the others.
 *
 *     test_store_sequences [SEED [SEQUENCES]]     these instead of the usual ones */
#include "sqlite_file.h"
#include "store_mariadbd.h"
#include "store_sequences_make.h"

#define CALLS 40

struct sequence {
    struct subject memory, other;
    struct maker maker;
    uint64_t seed;
    unsigned done;
    bool worldless;
    enum call_kind kind;
    char last[12][CALL_TEXT + 16];
};

static void tell(const struct sequence *sequence)
{
    print_error("sequence %llu on %s, call %u:\n", (unsigned long long)sequence->seed,
                sequence->other.name, sequence->done);
    for (unsigned i = sequence->done > 12 ? sequence->done - 12 : 0; i < sequence->done; i++)
        print_error("  %s\n", sequence->last[i % 12]);
}

/* Where two texts part, a line of each. */
static void tell_difference(const char *a, const char *b)
{
    size_t at = 0, line = 0;
    for (; a[at] != '\0' && a[at] == b[at]; at++)
        line = a[at] == '\n' ? at + 1 : line;
    print_error("memory: %.*s\nother:  %.*s\n", (int)strcspn(a + line, "\n"), a + line,
                (int)strcspn(b + line, "\n"), b + line);
}

static void compare(struct sequence *sequence, struct answer *a, struct answer *b)
{
    bool same = a->rc == b->rc && (a->rc != 0 || strcmp(a->text, b->text) == 0);
    /* Which of several reasons a call gives is not said. */
    if (sequence->worldless && (a->rc != 0 || b->rc != 0))
        same = (a->rc != 0 && b->rc != 0) || sequence->kind == CALL_HAS_ACT ||
               sequence->kind == CALL_SWAP_CHECK;
    if (sequence->maker.hindered && sequence->kind == CALL_SWAP)
        same = same || (a->rc != 0 && b->rc != 0);
    if (!same) {
        tell(sequence);
        if (a->rc == 0 && b->rc == 0)
            tell_difference(a->text, b->text);
        fail_msg("memory answers %d, %s %d", a->rc, sequence->other.name, b->rc);
    }
    free(a->text);
    free(b->text);
}

/* An SQLite connection sees a marker that it has not put there when it connects or probes. */
static void connect_all(struct subject *subject)
{
    for (size_t i = 0; i <= WATCHER; i++)
        works(store_connect(subject->stores[i], &fault));
}

static void step(struct sequence *sequence)
{
    struct call call;
    call_make(&sequence->maker, &call);
    sequence->kind = call.kind;
    sequence->worldless = memory_world_id(sequence->memory.db)[0] == '\0';
    (void)snprintf(sequence->last[sequence->done++ % 12], sizeof sequence->last[0], "%u: %s",
                   call.caller, call.text);
    struct answer a = call_on(&sequence->memory, &call), b = call_on(&sequence->other, &call);
    /* A thread of the server's own may look at a table just then. */
    for (int i = 0; call.kind == CALL_SWAP && a.rc == 0 && b.rc == -EBUSY && i < 50; i++) {
        free(b.text);
        b = call_on(&sequence->other, &call);
    }
    if (call.kind >= CALL_INSERT) {
        a.rc = a.rc != 0 ? -1 : 0;
        b.rc = b.rc != 0 ? -1 : 0;
    }
    compare(sequence, &a, &b);
    if (sequence->worldless && (call.kind == CALL_CLAIM || call.kind == CALL_ADOPT)) {
        connect_all(&sequence->memory);
        connect_all(&sequence->other);
    }
    a = dump_of(&sequence->memory);
    b = dump_of(&sequence->other);
    compare(sequence, &a, &b);
    call_done(&call);
}

/* A claimed database, or one with a world, or none at all. */
static void begin(struct subject *subject, bool claimed, bool world)
{
    for (size_t i = 0; i <= WATCHER; i++) {
        subject->stores[i] = subject->conformance != NULL
                                 ? subject->conformance->open(subject->conformance->context)
                                 : memory_store_new(subject->db, NULL);
        store_patience(subject->stores[i], 1);
    }
    connect_all(subject);
    if (claimed)
        works(store_claim(subject->stores[0], &fault));
    connect_all(subject);
    if (world) {
        build(subject->stores[0], "w1", "", 5);
        works(store_sweep(subject->stores[0], &fault));
    }
}

static void run_sequence(struct conformance *c, const char *name, struct memory_database *db,
                         uint64_t seed, bool file_lock)
{
    struct sequence sequence = {
        .memory = {.name = "memory", .db = db},
        .other = {.name = name, .conformance = c},
        .maker = {.dice = dice_of(seed, 0), .db = db, .worlds = 1, .file_lock = file_lock},
        .seed = seed,
    };
    bool claimed = seed % 8 != 0, world = claimed && seed % 8 != 1;
    (void)snprintf(sequence.maker.shadow_id, STORE_NAME_MAX, "w0");
    memory_database_clear(db);
    c->fresh(c->context);
    begin(&sequence.memory, claimed, world);
    begin(&sequence.other, claimed, world);
    for (unsigned i = 0; i < CALLS; i++)
        step(&sequence);
    for (size_t i = 0; i <= WATCHER; i++) {
        store_free(sequence.memory.stores[i]);
        store_free(sequence.other.stores[i]);
    }
}

struct suite {
    uint64_t first, count; /* count 0: the usual number */
};

static struct suite *suite_of(void **state)
{
    return *state;
}

static void run_all(struct suite *suite, struct conformance *c, const char *name, uint64_t usual,
                    bool file_lock)
{
    struct memory_database *db = memory_database_new();
    uint64_t count = suite->count > 0 ? suite->count : usual;
    for (uint64_t seed = suite->first; seed < suite->first + count; seed++)
        run_sequence(c, name, db, seed, file_lock);
    memory_database_free(db);
}

static void sqlite_gives_the_same(void **state)
{
    struct sqlite_file file;
    struct conformance c = sqlite_conformance(&file);
    /* The same on a disk that flushes nothing takes a tenth of the time. */
    if (access("/dev/shm", W_OK) == 0) {
        sqlite_file_done(&file);
        file = (struct sqlite_file){.folder = "/dev/shm/credd-test-XXXXXX"};
        assert_non_null(mkdtemp(file.folder));
        (void)snprintf(file.path, sizeof file.path, "%s/db.sqlite", file.folder);
    }
    run_all(suite_of(state), &c, "SQLite", 150, true);
    sqlite_file_done(&file);
}

/* --- MariaDB --- */

#define DATABASE "sequences"

struct mariadb {
    struct server server;
    MYSQL *other;
};

static void mariadb_fresh(void *context)
{
    struct mariadb *mariadb = context;
    char answer[2048];
    if (mariadb->other != NULL)
        mysql_close(mariadb->other);
    (void)server_sql(&mariadb->server, answer, "DROP DATABASE IF EXISTS " DATABASE);
    assert_string_equal(answer, "");
    server_database_named(&mariadb->server, DATABASE);
    mariadb->other = server_root(&mariadb->server);
    assert_non_null(mariadb->other);
    assert_int_equal(mysql_query(mariadb->other, "SET time_zone = '+00:00'"), 0);
    assert_int_equal(mysql_select_db(mariadb->other, DATABASE), 0);
}

static struct store *mariadb_open(void *context)
{
    struct mariadb *mariadb = context;
    struct store_config config = server_config(&mariadb->server, DATABASE);
    return store_new(&config);
}

static int mariadb_raw(void *context, const char *sql)
{
    struct mariadb *mariadb = context;
    char answer[2048];
    return strncmp(sql_on(mariadb->other, answer, sql), "error", 5) == 0 ? -1 : 0;
}

static void mariadb_gives_the_same(void **state)
{
    struct mariadb mariadb = {0};
    struct conformance c = {
        .context = &mariadb, .fresh = mariadb_fresh, .open = mariadb_open, .raw = mariadb_raw};
    if (!server_new(&mariadb.server)) {
        server_free(&mariadb.server);
        skip();
    }
    run_all(suite_of(state), &c, "MariaDB", 12, false);
    if (mariadb.other != NULL)
        mysql_close(mariadb.other);
    server_free(&mariadb.server);
}

int main(int argc, char **argv)
{
    struct suite suite = {
        .first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1,
        .count = argc > 2 ? strtoull(argv[2], NULL, 10) : (argc > 1 ? 1u : 0u),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(sqlite_gives_the_same, &suite),
        cmocka_unit_test_prestate(mariadb_gives_the_same, &suite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
