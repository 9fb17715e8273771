/* Where values come from: files, drop-ins, environment, command line, in this order; and the
 * folders of defaults. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/load.h"
#include "service_checks.h"

static const char *const variables[] = {
    "DB_HOST",         "DB_PORT",           "DB_NAME",         "DB_USER", "DB_PASSWORD",
    "STATE_DIRECTORY", "RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "HOME",    "XDG_STATE_HOME",
};

/* A folder of the test's own, with what was put into it. */
struct place {
    char folder[64];
    char standard[96];
};

static int open_place(void **state)
{
    struct place *place = MEM_NEW(struct place);
    *state = place;
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/credd-test-XXXXXX");
    if (mkdtemp(place->folder) == NULL)
        return -1;
    (void)snprintf(place->standard, sizeof place->standard, "%s/credd.conf", place->folder);
    for (size_t i = 0; i < COUNT(variables); i++)
        (void)unsetenv(variables[i]);
    return setenv("HOME", place->folder, 1);
}

static int close_place(void **state)
{
    struct place *place = *state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r %s", place->folder);
    /* NOLINTNEXTLINE(cert-env33-c): a name of our own making. */
    int r = system(command);
    free(place);
    return r;
}

static void put(const struct place *place, const char *name, const char *text)
{
    char file[256];
    (void)snprintf(file, sizeof file, "%s/%s", place->folder, name);
    char *slash = strrchr(file, '/');
    *slash = '\0';
    (void)mkdir(file, 0755);
    *slash = '/';
    FILE *out = fopen(file, "we");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static struct config *load(const struct place *place, const struct config_source *source)
{
    struct config *config = NULL;
    struct fault fault = {0};
    if (config_load_from(source, place->standard, &config, &fault) < 0)
        fail_msg("%s", fault.text);
    return config;
}

static void assert_refused(const struct place *place, const struct config_source *source,
                           const char *expected)
{
    struct config *config = NULL;
    struct fault fault = {0};
    int r = config_load_from(source, place->standard, &config, &fault);
    assert_true(r < 0);
    assert_null(config);
    assert_string_equal(fault.text, expected);
}

struct wanted {
    const char *section, *name;
    char value[256], source[256];
};

static void keep(void *context, const char *section, const char *name, const char *value,
                 const char *source)
{
    struct wanted *wanted = context;
    if (strcmp(section, wanted->section) != 0 || strcmp(name, wanted->name) != 0)
        return;
    (void)snprintf(wanted->value, sizeof wanted->value, "%s", value);
    (void)snprintf(wanted->source, sizeof wanted->source, "%s", source);
}

static void assert_shown(const struct config *config, const char *section, const char *name,
                         const char *value, const char *source)
{
    struct wanted wanted = {.section = section, .name = name};
    config_each(config, keep, &wanted);
    assert_string_equal(wanted.value, value);
    assert_string_equal(wanted.source, source);
}

static void no_file_at_all_is_valid(void **state)
{
    const struct place *place = *state;
    const struct config_source source = {.check_only = true};
    char expected[128];
    struct config *config = load(place, &source);
    (void)snprintf(expected, sizeof expected, "%s/.local/state/credd/credd.sqlite", place->folder);
    assert_string_equal(config->database.path, expected);
    assert_shown(config, "database", "path", expected, "default");
    assert_shown(config, "clock", "speed", "1", "default");
    assert_shown(config, "stream credit_history", "schedule", "hourly", "default");
    assert_shown(config, "database", "password", "(none)", "default");
    config_free(config);
}

static void later_layers_win(void **state)
{
    const struct place *place = *state;
    static const char *const sets[] = {"stream market_data.tempo=2", "clock.speed=5",
                                       "clock.speed = 6", "database.port=3310"};
    const struct config_source source = {.sets = sets, .set_count = 4, .check_only = true};
    char where[128];
    put(place, "credd.conf",
        "[world]\nseed = 1\ncustomers = 11\n[clock]\nspeed = 2\n[database]\nport = 3307\nhost = "
        "f\n");
    put(place, "credd.conf.d/20.conf", "[world]\nseed = 3\n");
    put(place, "credd.conf.d/10.conf", "[world]\nseed = 2\ncustomers = 12\n");
    put(place, "credd.conf.d/30.conf.bak", "[world]\nseed = 4\n");
    put(place, "credd.conf.d/.hidden.conf", "[world]\nseed = 5\n");
    (void)setenv("DB_PORT", "3309", 1);
    (void)setenv("DB_HOST", "e", 1);
    struct config *config = load(place, &source);
    assert_int_equal(config->settings.seed, 3);
    assert_int_equal(config->settings.customers, 12);
    assert_int_equal(config->speed, 6000000);
    assert_int_equal(config->streams[STREAM_MARKET_DATA].tempo, 2000000);
    assert_int_equal(config->database.port, 3310);
    assert_string_equal(config->database.hosts, "e");
    (void)snprintf(where, sizeof where, "%s.d/20.conf:2", place->standard);
    assert_shown(config, "world", "seed", "3", where);
    assert_shown(config, "clock", "speed", "6", "--set");
    assert_shown(config, "database", "host", "e", "environment DB_HOST");
    assert_shown(config, "database", "backend", "mariadb", "environment DB_HOST");
    assert_shown(config, "stream market_data", "tempo", "2", "--set");
    config_free(config);
}

static void a_file_of_ones_own_has_its_drop_ins_beside_it(void **state)
{
    const struct place *place = *state;
    char file[128];
    (void)snprintf(file, sizeof file, "%s/mine", place->folder);
    const struct config_source source = {.file = file, .check_only = true};
    char expected[256];
    (void)snprintf(expected, sizeof expected, "%s: cannot be read: No such file or directory",
                   file);
    assert_refused(place, &source, expected);

    put(place, "credd.conf", "[world]\nseed = 1\n");
    put(place, "credd.conf.d/1.conf", "[world]\nseed = 2\n");
    put(place, "mine", "[world]\ncustomers = 7\n");
    put(place, "mine.d/1.conf", "[world]\ncustomers = 8\n");
    struct config *config = load(place, &source);
    assert_int_equal(config->settings.seed, 42);
    assert_int_equal(config->settings.customers, 8);
    config_free(config);
}

static void drop_ins_count_without_the_file(void **state)
{
    const struct place *place = *state;
    const struct config_source source = {.check_only = true};
    char expected[256];
    put(place, "credd.conf.d/1.conf", "[world]\nseed = 2\n");
    struct config *config = load(place, &source);
    assert_int_equal(config->settings.seed, 2);
    config_free(config);
    put(place, "credd.conf.d/2.conf", "[world]\n\nseed = x\n");
    (void)snprintf(expected, sizeof expected,
                   "%s.d/2.conf:3: world.seed: found \"x\", allowed: a whole number from 0 to "
                   "9223372036854775807",
                   place->standard);
    assert_refused(place, &source, expected);
}

static void what_is_no_file_is_refused(void **state)
{
    const struct place *place = *state;
    char expected[256], fifo[128];
    const struct config_source folder = {.file = place->folder, .check_only = true};
    const struct config_source pipe_source = {.file = fifo, .check_only = true};
    const struct config_source nothing = {.file = "/dev/null", .check_only = true};
    (void)snprintf(expected, sizeof expected, "%s: cannot be read: not a regular file",
                   place->folder);
    assert_refused(place, &folder, expected);
    (void)snprintf(fifo, sizeof fifo, "%s/fifo", place->folder);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    (void)snprintf(expected, sizeof expected, "%s: cannot be read: not a regular file", fifo);
    assert_refused(place, &pipe_source, expected);
    config_free(load(place, &nothing));
    const struct config_source endless = {.file = "/dev/zero", .check_only = true};
    assert_refused(place, &endless,
                   "/dev/zero: found more than 1048576 bytes, allowed: at most "
                   "that");
}

static void the_environment_names_a_server_unless_a_backend_is_set(void **state)
{
    const struct place *place = *state;
    const struct config_source source = {.check_only = true};
    (void)setenv("DB_NAME", "demo", 1);
    struct config *config = load(place, &source);
    assert_true(config->database.mariadb);
    assert_string_equal(config->database.name, "demo");
    assert_null(config->database.hosts);
    config_free(config);

    (void)setenv("DB_HOST", "db1", 1);
    put(place, "credd.conf", "[database]\nbackend = sqlite\n");
    config = load(place, &source);
    assert_false(config->database.mariadb);
    config_free(config);

    static const char *const sets[] = {"database.backend=sqlite"};
    const struct config_source by_command = {.sets = sets, .set_count = 1, .check_only = true};
    put(place, "credd.conf", "[database]\nhost = db2\n");
    (void)unsetenv("DB_HOST");
    config = load(place, &by_command);
    assert_false(config->database.mariadb);
    config_free(config);

    (void)setenv("DB_HOST", "", 1);
    (void)setenv("DB_NAME", "", 1);
    put(place, "credd.conf", "");
    config = load(place, &source);
    assert_false(config->database.mariadb);
    config_free(config);
}

static void a_password_is_never_shown(void **state)
{
    const struct place *place = *state;
    const struct config_source source = {.check_only = true};
    (void)setenv("DB_PASSWORD", "hunter2", 1);
    struct config *config = load(place, &source);
    assert_string_equal(config->database.password, "hunter2");
    assert_shown(config, "database", "password", "(hidden)", "environment DB_PASSWORD");
    config_free(config);

    put(place, "credd.conf", "[database]\npassword_file = /etc/secret\n");
    config = load(place, &source);
    assert_string_equal(config->database.password, "hunter2");
    assert_null(config->password_file);
    config_free(config);

    static const char *const sets[] = {"database.password_file=/etc/other"};
    const struct config_source by_command = {.sets = sets, .set_count = 1, .check_only = true};
    config = load(place, &by_command);
    assert_null(config->database.password);
    assert_string_equal(config->password_file, "/etc/other");
    assert_shown(config, "database", "password", "(none)", "default");
    config_free(config);
}

static void assert_paths(const struct place *place, const char *state_folder, const char *socket)
{
    const struct config_source source = {.check_only = true};
    struct config *config = load(place, &source);
    assert_string_equal(config->state_folder, state_folder);
    assert_string_equal(config->socket, socket);
    config_free(config);
}

static void folders_come_from_the_environment(void **state)
{
    const struct place *place = *state;
    (void)setenv("XDG_STATE_HOME", "/home/x/state", 1);
    (void)setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    assert_paths(place, "/home/x/state/credd", "/run/user/7/credd/control");
    (void)setenv("XDG_STATE_HOME", "relative", 1);
    (void)setenv("HOME", "/home/x", 1);
    assert_paths(place, "/home/x/.local/state/credd", "/run/user/7/credd/control");
    (void)setenv("STATE_DIRECTORY", "/var/lib/credd:/var/lib/other", 1);
    (void)setenv("RUNTIME_DIRECTORY", "/run/demo", 1);
    assert_paths(place, "/var/lib/credd", "/run/demo/control");
    (void)unsetenv("RUNTIME_DIRECTORY");
    (void)unsetenv("XDG_RUNTIME_DIR");
    assert_paths(place, "/var/lib/credd",
                 geteuid() == 0 ? "/run/credd/control" : "/var/lib/credd/control");
}

static void without_any_folder_there_is_no_choice(void **state)
{
    const struct place *place = *state;
    const struct config_source source = {.check_only = true};
    (void)unsetenv("HOME");
    assert_refused(place, &source,
                   "environment: found no directory for local state, allowed: an absolute path in "
                   "STATE_DIRECTORY, XDG_STATE_HOME or HOME");
}

static void the_users_own_folders_are_made_but_not_by_a_check(void **state)
{
    const struct place *place = *state;
    char folder[128];
    struct stat status;
    struct config_source source = {.check_only = true};
    (void)snprintf(folder, sizeof folder, "%s/run", place->folder);
    (void)setenv("XDG_RUNTIME_DIR", folder, 1);
    (void)snprintf(folder, sizeof folder, "%s/.local/state/credd", place->folder);
    config_free(load(place, &source));
    assert_int_equal(stat(folder, &status), -1);
    assert_int_equal(errno, ENOENT);
    source.check_only = false;
    for (int again = 0; again < 2; again++) {
        config_free(load(place, &source));
        assert_int_equal(stat(folder, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0700);
    }
    (void)snprintf(folder, sizeof folder, "%s/run/credd", place->folder);
    assert_int_equal(stat(folder, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
}

static void too_long_a_default_socket_is_refused(void **state)
{
    const struct place *place = *state;
    const struct config_source source = {.check_only = true};
    char folder[128];
    struct fault fault = {0};
    struct config *config = NULL;
    memset(folder, 'x', sizeof folder - 1);
    folder[0] = '/';
    folder[sizeof folder - 1] = '\0';
    (void)setenv("RUNTIME_DIRECTORY", folder, 1);
    assert_int_equal(config_load_from(&source, place->standard, &config, &fault), -EINVAL);
    assert_non_null(strstr(fault.text, "default: control.socket: found \"/xxx"));
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(no_file_at_all_is_valid),
        HERE(later_layers_win),
        HERE(a_file_of_ones_own_has_its_drop_ins_beside_it),
        HERE(drop_ins_count_without_the_file),
        HERE(what_is_no_file_is_refused),
        HERE(the_environment_names_a_server_unless_a_backend_is_set),
        HERE(a_password_is_never_shown),
        HERE(folders_come_from_the_environment),
        HERE(without_any_folder_there_is_no_choice),
        HERE(the_users_own_folders_are_made_but_not_by_a_check),
        HERE(too_long_a_default_socket_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
