#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/span.h"
#include "config/folders.h"
#include "config/layers.h"
#include "config/load.h"
#include "config/value.h"
#include "config/web_address.h"

#define DAY INT64_C(86400)

static struct setting *setting_of(const struct config *config, enum key_id key)
{
    struct layers *layers = config->owned;
    return &layers->settings[slot_of(key, STREAM_CUSTOMERS)];
}

/* Says that the value of `key` does not go with the others. */
static int refuse(const struct config *config, enum key_id key, struct fault *fault,
                  const char *allowed, const char *detail)
{
    return layers_fault(config->owned, slot_of(key, STREAM_CUSTOMERS), fault, allowed, detail);
}

/* A mistake ends it, or is told and passed over. */
static int wrong(const struct config *config, int result, const struct fault *fault)
{
    struct layers *layers = config->owned;
    return mistakes_take(&layers->mistakes, result, fault);
}

/* Writes down, for config_each, a value that follows from elsewhere. */
static void note(const struct config *config, enum key_id key, const char *text, const char *source)
{
    struct setting *setting = setting_of(config, key);
    char *copies[] = {text != NULL ? mem_text(text) : NULL, mem_text(source)};
    free(setting->text);
    free(setting->source);
    setting->text = copies[0];
    setting->source = copies[1];
}

static int fill_slot(struct config *config, size_t slot, struct fault *fault)
{
    const struct layers *layers = config->owned;
    const struct config_key *key = slot_key(slot);
    struct value value = {0};
    struct fault detail = {0};
    if (layers->settings[slot].text == NULL)
        return 0;
    if (value_parse(key, layers->settings[slot].text, config->zone, &value, &detail) < 0)
        return wrong(config, layers_fault(layers, slot, fault, key->type, detail.text), fault);
    value_put(key, &value, slot_base(slot, config));
    return 0;
}

/* The zone first: instants are local to it. */
static int fill(struct config *config, struct fault *fault)
{
    int r = fill_slot(config, slot_of(KEY_TIMEZONE, STREAM_CUSTOMERS), fault);
    for (size_t i = 0; i < SLOT_COUNT && r == 0; i++)
        if (i != slot_of(KEY_TIMEZONE, STREAM_CUSTOMERS))
            r = fill_slot(config, i, fault);
    if (r == 0)
        config->timezone = mem_text(setting_of(config, KEY_TIMEZONE)->text);
    return r;
}

/* What names a database server. */
static const enum key_id server_keys[] = {KEY_HOST, KEY_DATABASE_SOCKET, KEY_NAME};
#define SERVER_KEY_COUNT (sizeof server_keys / sizeof server_keys[0])

static bool in_file_or_command(const struct setting *setting)
{
    return setting->layer == LAYER_FILE || setting->layer == LAYER_COMMAND_LINE;
}

/* A server beside `backend = sqlite` is a contradiction, unless the one overrides the other on
 * purpose or the server is only the environment's. A name alone says nothing. */
static int check_sqlite(const struct config *config, struct fault *fault)
{
    const struct setting *backend = setting_of(config, KEY_BACKEND);
    for (size_t i = 0; i < SERVER_KEY_COUNT; i++) {
        const struct setting *server = setting_of(config, server_keys[i]);
        if (server_keys[i] == KEY_NAME || !in_file_or_command(server) ||
            server->layer < backend->layer)
            continue;
        return refuse(config, server_keys[i], fault, "only with database.backend = mariadb",
                      "with database.backend = sqlite");
    }
    return 0;
}

static int choose_backend(struct config *config, struct fault *fault)
{
    if (setting_of(config, KEY_BACKEND)->layer != LAYER_DEFAULT)
        return config->database.mariadb ? 0 : check_sqlite(config, fault);
    for (size_t i = 0; i < SERVER_KEY_COUNT; i++) {
        const struct setting *server = setting_of(config, server_keys[i]);
        if (server->layer == LAYER_DEFAULT)
            continue;
        if (setting_of(config, KEY_PATH)->layer != LAYER_DEFAULT && in_file_or_command(server))
            return refuse(config, server_keys[i], fault,
                          "only one of the two, unless database.backend is set",
                          "beside database.path");
        config->database.mariadb = true;
        note(config, KEY_BACKEND, "mariadb", server->source);
        return 0;
    }
    return 0;
}

/* Neither a socket nor a host is the server of this machine, by the road that the store finds; only
 * a port says that it is not the socket. */
static void choose_server(struct config *config)
{
    struct store_config *database = &config->database;
    const struct setting *port = setting_of(config, KEY_PORT);
    if (database->socket != NULL) {
        free((char *)database->hosts);
        database->hosts = NULL;
    } else if (database->mariadb && database->hosts == NULL && port->layer != LAYER_DEFAULT) {
        database->hosts = mem_text("127.0.0.1");
        note(config, KEY_HOST, database->hosts, port->source);
    }
}

/* A password in the environment overrides a file's password_file, not the command line's. */
static void choose_password(struct config *config)
{
    if (config->database.password == NULL || config->password_file == NULL)
        return;
    bool by_file = setting_of(config, KEY_PASSWORD_FILE)->layer == LAYER_COMMAND_LINE;
    enum key_id unused = by_file ? KEY_PASSWORD : KEY_PASSWORD_FILE;
    value_release(&config_key_table[unused], config);
    if (by_file)
        config->database.password = NULL;
    else
        config->password_file = NULL;
    note(config, unused, NULL, "default");
}

/* SQLite's ALTER TABLE ... RENAME TO fails where a view names a table that is not there just then,
 * and how an application makes its tables anew there is by that. */
static void choose_views(struct config *config)
{
    if (setting_of(config, KEY_VIEWS)->text != NULL)
        return;
    config->views = config->database.mariadb;
    note(config, KEY_VIEWS, config->views ? "yes" : "no", "default");
}

static void choose_paths(struct config *config, const struct folders *folders)
{
    config->state_folder = mem_text(folders->state.path);
    if (config->database.path == NULL) {
        config->database.path = mem_format("%s/credd.sqlite", folders->state.path);
        note(config, KEY_PATH, config->database.path, "default");
    }
    if (config->socket == NULL) {
        config->socket = mem_format("%s/control", folders->runtime.path);
        note(config, KEY_SOCKET, config->socket, "default");
    }
}

/* The default may come out too long for a socket's address. */
static int check_socket(const struct config *config, struct fault *fault)
{
    const struct config_key *key = &config_key_table[KEY_SOCKET];
    if ((int64_t)strlen(config->socket) > key->max)
        return refuse(config, KEY_SOCKET, fault, key->type, NULL);
    return 0;
}

/* The page has no password: who can reach it can read it. */
static int check_web(const struct config *config, struct fault *fault)
{
    struct web_address address = {.loopback = true};
    if (config->web_listen == NULL || config->web_public ||
        web_address_parse(config->web_listen, &address) < 0 || address.loopback)
        return 0;
    return refuse(config, KEY_WEB_LISTEN, fault,
                  "a loopback address such as 127.0.0.1, or web.public = yes",
                  "which other machines can reach");
}

/* No event lies before 1970: a baseline that begins at a fixed instant must have room behind it. */
static int check_span(const struct config *config, struct fault *fault)
{
    char detail[96], allowed[64], start[TIME_TEXT_MAX];
    if (config->start_now)
        return 0;
    int64_t most = (config->start_at.s / DAY - 366) * 250 / 365;
    if (config->settings.market_data_points <= most)
        return 0;
    (void)snprintf(detail, sizeof detail, "with clock.start at %s",
                   time_text(config->start_at.s, start));
    (void)snprintf(allowed, sizeof allowed, "at most %lld with that start", (long long)most);
    return refuse(config, KEY_MARKET_DATA_POINTS, fault, allowed, detail);
}

static int check_schedules(const struct config *config, struct fault *fault)
{
    for (int i = 0; i < STREAM_COUNT; i++) {
        world_time next = {0};
        const struct schedule *schedule = config->streams[i].schedule;
        int r = 0;
        if (schedule_next(schedule, config->zone, WORLD_TIME_FIRST, &next) < 0)
            r = layers_fault(config->owned, slot_of(KEY_SCHEDULE, (enum stream_id)i), fault,
                             config_key_table[KEY_SCHEDULE].type, "it never elapses");
        r = wrong(config, r, fault);
        if (r < 0)
            return r;
    }
    return 0;
}

/* A column that credd writes itself has its values already. */
static int check_fills(const struct config *config, struct fault *fault)
{
    for (int i = 0; i < STREAM_COUNT; i++) {
        const struct fill_column *own = fill_own(config->streams[i].fill, &schema_tables[i]);
        char detail[FILL_NAME_MAX + 40];
        int r = 0;
        if (own == NULL)
            continue;
        (void)snprintf(detail, sizeof detail, "%s is one of credd's columns", own->name);
        r = layers_fault(config->owned, slot_of(KEY_FILL, (enum stream_id)i), fault,
                         "columns that the application added", detail);
        r = wrong(config, r, fault);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Values that hold each by itself, with each other; and what follows from them. */
static int settle(struct config *config, const struct folders *folders, struct fault *fault)
{
    int r = wrong(config, choose_backend(config, fault), fault);
    if (r < 0)
        return r;
    choose_server(config);
    choose_password(config);
    choose_views(config);
    choose_paths(config, folders);
    r = wrong(config, check_socket(config, fault), fault);
    if (r == 0)
        r = wrong(config, check_span(config, fault), fault);
    if (r == 0)
        r = wrong(config, check_web(config, fault), fault);
    if (r == 0)
        r = check_schedules(config, fault);
    return r < 0 ? r : check_fills(config, fault);
}

/* Makes the snapshot; takes over the layers in any case. */
static int build(struct layers *layers, const struct folders *folders, struct config **ret_config,
                 struct fault *fault)
{
    struct config *config = MEM_NEW(struct config);
    config->owned = layers;
    int r = fill(config, fault);
    if (r == 0)
        r = mistakes_end(&layers->mistakes);
    if (r == 0)
        r = settle(config, folders, fault);
    if (r == 0)
        r = mistakes_end(&layers->mistakes);
    if (r < 0) {
        config_free(config);
        return r;
    }
    *ret_config = config;
    return 0;
}

static int read_layers(struct layers *layers, const struct config_source *source,
                       const char *standard, struct fault *fault)
{
    const char *file = source->file != NULL ? source->file : standard;
    char *folder = mem_format("%s.d", file);
    int r = layers_file(layers, file, source->file == NULL, fault);
    if (r == 0)
        r = layers_folder(layers, folder, fault);
    free(folder);
    if (r == 0)
        r = layers_environment(layers, fault);
    for (size_t i = 0; i < source->set_count && r == 0; i++)
        r = layers_set(layers, source->sets[i], fault);
    return r;
}

/* Only what is used: a file and a socket elsewhere need no folder of ours. */
static int make_folders(const struct config *config, const struct folders *folders,
                        struct fault *fault)
{
    int r = folder_make(&folders->state, fault);
    if (r == 0 && setting_of(config, KEY_SOCKET)->layer == LAYER_DEFAULT)
        r = folder_make(&folders->runtime, fault);
    return r;
}

int config_load_from(const struct config_source *source, const char *standard,
                     struct config **ret_config, struct fault *fault)
{
    struct folders folders = {0};
    struct config *config = NULL;
    struct layers *layers = layers_new();
    layers->mistakes = (struct mistakes){source->mistake, source->mistake_context, 0};
    int r = read_layers(layers, source, standard, fault);
    if (r == 0)
        r = mistakes_take(&layers->mistakes, folders_find(&folders, fault), fault);
    if (r == 0 && folders.state.path == NULL)
        r = mistakes_end(&layers->mistakes);
    if (r < 0) {
        layers_free(layers);
        return r;
    }
    r = build(layers, &folders, &config, fault);
    if (r == 0 && !source->check_only)
        r = make_folders(config, &folders, fault);
    folders_done(&folders);
    if (r < 0) {
        config_free(config);
        return r;
    }
    *ret_config = config;
    return 0;
}

int config_load(const struct config_source *source, struct config **ret_config, struct fault *fault)
{
    return config_load_from(source, CONFIG_FILE, ret_config, fault);
}

int config_from_text(const char *name, const char *text, size_t length, struct config **ret_config,
                     struct fault *fault)
{
    char state[] = "/var/lib/credd", runtime[] = "/run/credd";
    const struct folders folders = {.state.path = state, .runtime.path = runtime};
    struct layers *layers = layers_new();
    int r = layers_text(layers, name, text, length, fault);
    if (r < 0) {
        layers_free(layers);
        return r;
    }
    return build(layers, &folders, ret_config, fault);
}

int config_check_text(const char *name, const char *text, size_t length, struct fault *fault)
{
    struct config *config = NULL;
    int r = config_from_text(name, text, length, &config, fault);
    config_free(config);
    return r;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < SLOT_COUNT; i++)
        value_release(slot_key(i), slot_base(i, config));
    free(config->timezone);
    free(config->state_folder);
    layers_free(config->owned);
    free(config);
}

void config_each(const struct config *config, config_visitor *visit, void *context)
{
    const struct layers *layers = config->owned;
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        const struct setting *setting = &layers->settings[i];
        const struct config_key *key = slot_key(i);
        char section[SECTION_MAX];
        const char *value = setting->text;
        if (value == NULL)
            value = key->preset;
        else if (key->secret)
            value = "(hidden)";
        visit(context, slot_section(i, section), key->name, value, setting->source);
    }
}

void config_compare(const struct config *a, const struct config *b, config_difference *visit,
                    void *context)
{
    const struct layers *left = a->owned, *right = b->owned;
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        const char *x = left->settings[i].text, *y = right->settings[i].text;
        char section[SECTION_MAX];
        if (x == y || (x != NULL && y != NULL && strcmp(x, y) == 0))
            continue;
        visit(context, slot_section(i, section), slot_key(i));
    }
}
