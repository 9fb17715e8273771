/* keys.h - inside config/: the table of keys, and the slots that hold one value each. */
#ifndef CREDD_CONFIG_KEYS_H
#define CREDD_CONFIG_KEYS_H

#include "config/config.h"

enum value_type {
    VALUE_BOOLEAN,
    VALUE_WHOLE,
    VALUE_PORT,
    VALUE_FACTOR,
    VALUE_SPAN,
    VALUE_GROWTH,
    VALUE_START,
    VALUE_CATCH_UP,
    VALUE_SIZE,
    VALUE_ZONE,
    VALUE_SCHEDULE,
    VALUE_BACKEND,
    VALUE_REFUSE,
    VALUE_FILL,
    VALUE_HOSTS,
    VALUE_NAMES,
    VALUE_LISTEN,
    VALUE_PATH,
    VALUE_TEXT,
    VALUE_SECRET,
    VALUE_TYPE_COUNT,
};

enum key_id {
    KEY_TIMEZONE,
    KEY_SPEED,
    KEY_START,
    KEY_CATCH_UP,
    KEY_MAX_CATCH_UP,
    KEY_SEED,
    KEY_CUSTOMERS,
    KEY_CUSTOMER_GROWTH,
    KEY_FINANCIAL_RECORDS,
    KEY_FINANCIAL_MONTHS,
    KEY_LOAN_APPLICATIONS,
    KEY_LOAN_MONTHS,
    KEY_MARKET_DATA_POINTS,
    KEY_CREDIT_HISTORY_ENTRIES,
    KEY_BACKEND,
    KEY_PATH,
    KEY_HOST,
    KEY_PORT,
    KEY_DATABASE_SOCKET,
    KEY_NAME,
    KEY_USER,
    KEY_PASSWORD,
    KEY_PASSWORD_FILE,
    KEY_TLS_CA,
    KEY_MIN_FREE,
    KEY_VIEWS,
    KEY_SOCKET,
    KEY_GROUP,
    KEY_WEB_LISTEN,
    KEY_WEB_HOSTS,
    KEY_WEB_PUBLIC,
    /* of each stream */
    KEY_ENABLED,
    KEY_SCHEDULE,
    KEY_TEMPO,
    /* of each table, which has the name of its stream */
    KEY_REFUSE,
    KEY_FILL,
    KEY_COUNT,
};
#define KEY_STREAM_FIRST KEY_ENABLED
#define KEY_TABLE_FIRST  KEY_REFUSE

extern const struct config_key config_key_table[KEY_COUNT];

/* A slot is a key of a section as it stands in a file: one for each key, and for each stream's and
 * table's. */
#define SLOT_COUNT (KEY_STREAM_FIRST + STREAM_COUNT * (KEY_COUNT - KEY_STREAM_FIRST))

size_t slot_of(enum key_id key, enum stream_id stream);
/* Of a kind of section that there is for each stream: whether this is the first one. */
bool slot_repeats(size_t slot);
const struct config_key *slot_key(size_t slot);
/* The slot's default as it would be written; NULL: none that could be written. */
const char *slot_preset(size_t slot);
/* "clock", "stream market_data". Returns `buffer`. */
#define SECTION_MAX 64
const char *slot_section(size_t slot, char buffer[SECTION_MAX]);
/* What the slot's value goes into: the snapshot, or its stream. */
void *slot_base(size_t slot, struct config *config);

#endif
