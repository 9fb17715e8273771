/* config.h - the configuration: text from files, environment and command line into one immutable
 * snapshot. */
#ifndef CREDD_CONFIG_CONFIG_H
#define CREDD_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "clock/clock.h"
#include "clock/schedule.h"
#include "clock/zone.h"
#include "store/store.h"
#include "world/world.h"

struct config_stream {
    bool enabled;
    struct schedule *schedule;
    int64_t tempo; /* millionths */
    /* [table NAME] */
    bool skips_refused; /* rows whose value the application's rules refuse are left out */
    struct fill *fill;  /* what columns of the application's get; NULL: nothing */
};

struct config {
    /* [clock] */
    char *timezone;
    struct zone *zone;
    int64_t speed;  /* millionths */
    bool start_now; /* else start_at */
    world_time start_at;
    enum catch_up catch_up;
    int64_t catch_up_limit_s; /* with CATCH_UP_LIMIT */
    int64_t max_catch_up_s;
    /* [world]: settings.origin is not set here */
    struct world_settings settings;
    /* [database]: pointers into this snapshot */
    struct store_config database;
    bool views; /* those for analysts are to be there */
    /* Read at each connect (credential_read), unless database.password is there: the two exclude
     * each other. */
    char *password_file;
    /* [stream NAME] */
    struct config_stream streams[STREAM_COUNT];
    /* [control] */
    char *socket;
    char *group;
    /* [web] */
    char *web_listen; /* NULL: there is no page */
    char *web_hosts;  /* "a,b"; NULL: none besides its own */
    bool web_public;
    /* where local state goes: $STATE_DIRECTORY, else $XDG_STATE_HOME/credd, else
     * ~/.local/state/credd */
    char *state_folder;
    void *owned; /* what config_free releases */
};

/* One of several mistakes, in a sentence. */
typedef void config_mistake(void *context, const char *text);

/* What the command line gave. */
struct config_source {
    const char *file;        /* --config, or NULL */
    const char *const *sets; /* --set SECTION.KEY=VALUE, in order */
    size_t set_count;
    bool check_only;         /* make no folders */
    config_mistake *mistake; /* told each of them; NULL: the first ends the reading */
    void *mistake_context;
};

/* The standard file; its drop-in folder is FILE.d beside it. */
#define CONFIG_FILE "/etc/credd/credd.conf"

/* Reads everything: the standard file if it is there, or `source->file`; its drop-ins; the
 * environment; the command line. Makes the user's own state and runtime folders where they are used
 * and missing. On failure: one fault that names file, line, key, what was found and what is
 * allowed. Where `source->mistake` is set, that has told all of them, and the fault means
 * nothing. */
int config_load(const struct config_source *source, struct config **ret_config,
                struct fault *fault);
void config_free(struct config *config);

/* Whether `length` bytes of `text` hold as the whole of a configuration file that is called `name`.
 * Asks for no file and no environment but the time zone database. */
int config_check_text(const char *name, const char *text, size_t length, struct fault *fault);

/* The key table, for documentation, completion and `credctl config`. */
struct config_key {
    const char *section; /* "clock"; "stream" for the sections [stream NAME], "table" likewise */
    const char *name;
    const char *type;         /* in words: "duration", "whole number 1 to 10000000", … */
    const char *preset;       /* the default as it would be written, or in words in parentheses */
    const char *help;         /* one sentence */
    const char *takes_effect; /* "at once", "at the next reset", "at a restart" */
    bool secret;              /* never shown */
    /* The room's own: how a value is read, and where it goes. */
    bool may_lack; /* an empty value stands for the default, which follows from elsewhere */
    int value_type;
    int64_t min, max;    /* of the number, or of the text's length */
    const char *letters; /* what a text may consist of; NULL: printable ASCII */
    size_t offset;
};
const struct config_key *config_keys(size_t *ret_count);

/* The value in force of each key of each section in table order, as text, with where it came from
 * ("default", "FILE:LINE", "environment DB_HOST", "--set"). A secret's value is shown as
 * "(hidden)". */
typedef void config_visitor(void *context, const char *section, const char *name, const char *value,
                            const char *source);
void config_each(const struct config *config, config_visitor *visit, void *context);

/* The keys whose values in force differ between two snapshots. */
typedef void config_difference(void *context, const char *section, const struct config_key *key);
void config_compare(const struct config *a, const struct config *b, config_difference *visit,
                    void *context);

/* The whole annotated example file, every key commented at its default, from the key table. New
 * memory. */
char *config_example(void);

#endif
