#include "config/keys.h"

#include <stddef.h>
#include <stdio.h>

#define AT_ONCE    "at once"
#define NEXT_RESET "at the next reset"
#define RESTART    "at a restart"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

#define IN(member) offsetof(struct config, member)
#define OF(member) offsetof(struct config_stream, member)

/* clang-format off */
const struct config_key config_key_table[KEY_COUNT] = {
    [KEY_TIMEZONE] = {"clock", "timezone", "a time zone such as America/New_York", "America/New_York",
        "The world's time zone, used for dates, business hours and schedules.", NEXT_RESET, false, false,
        VALUE_ZONE, 1, 64, NULL, IN(zone)},
    [KEY_SPEED] = {"clock", "speed", "a factor from 0 to 1000000", "1",
        "How many times as fast as wall time world time runs; 0 stops it.", AT_ONCE, false, false,
        VALUE_FACTOR, 0, 1000000, NULL, IN(speed)},
    [KEY_START] = {"clock", "start", "now, or an instant from 2000-01-01 to 2037-12-31 such as 2026-08-14T10:35:12Z",
        "now",
        "World time at which the live part of a new world begins: the current wall time, or a fixed instant (in the"
        " world's zone unless it names another).", NEXT_RESET, false, false,
        VALUE_START, INT64_C(946684800), INT64_C(2145916799), NULL, IN(start_now)},
    [KEY_CATCH_UP] = {"clock", "catch_up", "all, skip, or a time span from 1s to 100y such as 7d", "all",
        "How much of the time in which no daemon ran is caught up: all of it, none of it, or only the last part.", AT_ONCE, false, false,
        VALUE_CATCH_UP, 1, INT64_C(3155760000), NULL, IN(catch_up)},
    [KEY_MAX_CATCH_UP] = {"clock", "max_catch_up", "a time span from 1s to 100y such as 400d", "400d",
        "After longer down time the clock is held until an operator runs 'credctl resume'.", AT_ONCE, false, false,
        VALUE_SPAN, 1, INT64_C(3155760000), NULL, IN(max_catch_up_s)},

    [KEY_SEED] = {"world", "seed", "a whole number from 0 to 9223372036854775807", "42",
        "Equal seeds give equal worlds.", NEXT_RESET, false, false,
        VALUE_WHOLE, 0, INT64_MAX, NULL, IN(settings.seed)},
    [KEY_CUSTOMERS] = {"world", "customers", "a whole number from 1 to 10000000", "1000",
        "Customers in the baseline.", NEXT_RESET, false, false,
        VALUE_WHOLE, 1, 10000000, NULL, IN(settings.customers)},
    [KEY_CUSTOMER_GROWTH] = {"world", "customer_growth",
        "a rate from 0%/month to 100%/month such as 2%/month (or /week, /year)", "2%/month",
        "The rate at which customers join, as a share of those in the baseline.", NEXT_RESET, false, false,
        VALUE_GROWTH, 0, 1000000, NULL, IN(settings.customer_growth)},
    [KEY_FINANCIAL_RECORDS] = {"world", "financial_records_per_customer", "a whole number from 0 to 1000", "5",
        "Financial records for each customer in the months of the baseline that financial_records_months says.", NEXT_RESET, false, false,
        VALUE_WHOLE, 0, 1000, NULL, IN(settings.financial_records_per_customer)},
    [KEY_FINANCIAL_MONTHS] = {"world", "financial_records_months", "a whole number from 1 to 36", "12",
        "Months before the origin in which the baseline has financial records.", NEXT_RESET, false, false,
        VALUE_WHOLE, 1, 36, NULL, IN(settings.financial_records_months)},
    [KEY_LOAN_APPLICATIONS] = {"world", "loan_applications_per_customer", "a whole number from 0 to 1000", "2",
        "Loan applications for each customer, about, in the months of the baseline that loan_applications_months says.", NEXT_RESET, false, false,
        VALUE_WHOLE, 0, 1000, NULL, IN(settings.loan_applications_per_customer)},
    [KEY_LOAN_MONTHS] = {"world", "loan_applications_months", "a whole number from 1 to 36", "24",
        "Months before the origin in which the baseline has loan applications.", NEXT_RESET, false, false,
        VALUE_WHOLE, 1, 36, NULL, IN(settings.loan_applications_months)},
    [KEY_MARKET_DATA_POINTS] = {"world", "market_data_points", "a whole number from 0 to 10000", "100",
        "Business days of history for each daily market series of the baseline.", NEXT_RESET, false, false,
        VALUE_WHOLE, 0, 10000, NULL, IN(settings.market_data_points)},
    [KEY_CREDIT_HISTORY_ENTRIES] = {"world", "credit_history_entries", "a whole number from 0 to 240", "10",
        "Monthly credit history entries for each customer of the baseline.", NEXT_RESET, false, false,
        VALUE_WHOLE, 0, 240, NULL, IN(settings.credit_history_entries)},

    [KEY_BACKEND] = {"database", "backend", "sqlite or mariadb", "sqlite",
        "Where rows go: an SQLite file, or a MariaDB or MySQL server. A host, name or socket implies mariadb.",
        RESTART, false, false,
        VALUE_BACKEND, 0, 0, NULL, IN(database.mariadb)},
    [KEY_PATH] = {"database", "path", "the absolute path of a file", "(credd.sqlite in the state directory)",
        "The SQLite file.", RESTART, false, true,
        VALUE_PATH, 2, 4095, NULL, IN(database.path)},
    [KEY_HOST] = {"database", "host", "1 to 16 host names or addresses separated by commas, each with an optional :PORT",
        "(the server of this machine: the socket /run/mysqld/mysqld.sock if it exists, else 127.0.0.1)",
        "The database servers, tried in turn. Of several, one that is read-only or cut off from its cluster is passed over.", RESTART, false, true,
        VALUE_HOSTS, 1, 16, NULL, IN(database.hosts)},
    [KEY_PORT] = {"database", "port", "a whole number from 1 to 65535", "3306",
        "The port of the database servers; if set without host and socket, the host is 127.0.0.1.", RESTART, false, false,
        VALUE_PORT, 1, 65535, NULL, IN(database.port)},
    [KEY_DATABASE_SOCKET] = {"database", "socket", "the absolute path of a socket, at most 107 bytes long", "(see host)",
        "The Unix socket of the database server; takes precedence over host.", RESTART, false, true,
        VALUE_PATH, 2, 107, NULL, IN(database.socket)},
    [KEY_NAME] = {"database", "name", "1 to 64 letters, digits or any of _$-", "credit_risk_analysis",
        "The database on the server. The name alone is enough for the server of this machine with unix_socket"
        " authentication.", RESTART, false, false,
        VALUE_TEXT, 1, 64, LETTERS "_$-", IN(database.name)},
    [KEY_USER] = {"database", "user", "1 to 80 printable characters", "(the user that credd runs as)",
        "The user that connects to the server.", RESTART, false, true,
        VALUE_TEXT, 1, 80, NULL, IN(database.user)},
    [KEY_PASSWORD] = {"database", "password", "database.password_file, the credential db-password, or DB_PASSWORD",
        "(none)",
        "The password; only DB_PASSWORD in the environment may give it.", RESTART, true, true,
        VALUE_SECRET, 1, 4096, NULL, IN(database.password)},
    [KEY_PASSWORD_FILE] = {"database", "password_file", "the absolute path of a file",
        "(the systemd credential db-password, if there is one)",
        "A file whose first line is the password, read at each connect; it must not be accessible to everybody.",
        RESTART, false, true,
        VALUE_PATH, 2, 4095, NULL, IN(password_file)},
    [KEY_TLS_CA] = {"database", "tls_ca", "the absolute path of a file", "(no TLS)",
        "CA certificates that the server's certificate is verified against; enables TLS.", RESTART, false, true,
        VALUE_PATH, 2, 4095, NULL, IN(database.tls_ca)},
    [KEY_MIN_FREE] = {"database", "min_free", "a size from 0 to 1024T such as 64M (K, M, G, T, or bytes)", "64M",
        "Space to keep free on the disk of the SQLite file.", RESTART, false, false,
        VALUE_SIZE, 0, INT64_C(1) << 50, NULL, IN(database.min_free)},
    [KEY_VIEWS] = {"database", "views", "yes or no (true, false, on, off, 1, 0)", "(yes on a server, no in an SQLite file)",
        "Whether credd makes its views for analysts (credd_applications and three more), or drops them. While an SQLite file has"
        " views, a migration that makes a table anew and renames it needs PRAGMA legacy_alter_table = ON.", AT_ONCE, false, true,
        VALUE_BOOLEAN, 0, 1, NULL, IN(views)},

    [KEY_SOCKET] = {"control", "socket", "the absolute path of a socket, at most 107 bytes long", "(control in the runtime directory)",
        "The control socket. The service uses that of its socket unit instead (ListenStream=).", RESTART, false, true,
        VALUE_PATH, 2, 107, NULL, IN(socket)},
    [KEY_GROUP] = {"control", "group", "1 to 32 letters, digits or any of _.-", "credd",
        "Members of this group may operate the daemon, as may root and its own user. The socket is closed to all"
        " others; users admitted by a wider SocketMode= may only read.", RESTART, false, false,
        VALUE_TEXT, 1, 32, LETTERS "_.-", IN(group)},

    [KEY_WEB_LISTEN] = {"web", "listen",
        "an address with a port such as 127.0.0.1:8137 or [::1]:8137, or the absolute path of a socket, at most 107 bytes long",
        "(none: there is no page)",
        "Where the page is served. Port 0 picks a free port, which the journal names; a socket is accessible to the"
        " group in control.group. If credd-web.socket is enabled, the page is served at its ListenStream= instead.", RESTART, false, true,
        VALUE_LISTEN, 2, 107, NULL, IN(web_listen)},
    [KEY_WEB_HOSTS] = {"web", "hosts", "1 to 16 host names or addresses separated by commas, without ports",
        "(localhost and the address of listen)",
        "Host names under which browsers may request the page, besides localhost and the address itself; requests for"
        " others are refused.", RESTART, false, true,
        VALUE_NAMES, 1, 16, NULL, IN(web_hosts)},
    [KEY_WEB_PUBLIC] = {"web", "public", "yes or no (true, false, on, off, 1, 0)", "no",
        "Whether listen, or ListenStream= of credd-web.socket, may be an address that other machines can reach."
        " Whoever can reach it can then read the page.",
        RESTART, false, false,
        VALUE_BOOLEAN, 0, 1, NULL, IN(web_public)},

    [KEY_ENABLED] = {"stream", "enabled", "yes or no (true, false, on, off, 1, 0)", "yes",
        "Whether the stream produces rows.", AT_ONCE, false, false,
        VALUE_BOOLEAN, 0, 1, NULL, OF(enabled)},
    [KEY_SCHEDULE] = {"stream", "schedule",
        "a calendar expression such as *:0/5 or hourly, or \"every SPAN\" such as every 30s",
        "(customers and financial_records *:0/15, loan_applications and market_data *:0/5,"
        " credit_history hourly)",
        "When rows are written, in world time and the world's zone; it does not change what they contain.", AT_ONCE, false, false,
        VALUE_SCHEDULE, 1, 256, NULL, OF(schedule)},
    [KEY_TEMPO] = {"stream", "tempo", "a factor from 0 to 1000", "1.0",
        "Multiplies the rate of the stream, from the world time of the change on.", AT_ONCE, false, false,
        VALUE_FACTOR, 0, 1000, NULL, OF(tempo)},

    [KEY_REFUSE] = {"table", "refuse", "stop or skip", "stop",
        "What to do with a row that a CHECK, UNIQUE key or trigger of the application rejects: stop the stream until the"
        " table accepts it, or skip the row and count it.", AT_ONCE, false, false,
        VALUE_REFUSE, 0, 0, NULL, OF(skips_refused)},
    [KEY_FILL] = {"table", "fill",
        "1 to 8 pairs of COLUMN:VALUE separated by commas, where a value is a number or a text in single quotes, such as"
        " company_id:7, tenant:'demo'", "(none)",
        "Constants for columns that the application added, set in each row that credd inserts. A column is filled as soon"
        " as it exists; a value that it rejects stops the stream.", AT_ONCE, false, true,
        VALUE_FILL, 1, FILL_COLUMNS_MAX, NULL, OF(fill)},
};
/* clang-format on */

/* Of a stream without a line: hourly. */
static const char *const schedules[STREAM_COUNT] = {
    [STREAM_CUSTOMERS] = "*:0/15",        [STREAM_FINANCIAL_RECORDS] = "*:0/15",
    [STREAM_LOAN_APPLICATIONS] = "*:0/5", [STREAM_MARKET_DATA] = "*:0/5",
    [STREAM_CREDIT_HISTORY] = "hourly",
};

const struct config_key *config_keys(size_t *ret_count)
{
    *ret_count = KEY_COUNT;
    return config_key_table;
}

/* The kinds of sections of which there is one for each stream. */
static const struct kind {
    enum key_id first, end;
} kinds[] = {{KEY_STREAM_FIRST, KEY_TABLE_FIRST}, {KEY_TABLE_FIRST, KEY_COUNT}};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* Of the section's kind, NULL for one that there is once; `ret_at` is where its slots begin. */
static const struct kind *kind_of(size_t slot, size_t *ret_at)
{
    size_t at = KEY_STREAM_FIRST;
    for (size_t i = 0; i < KINDS && slot >= at; i++) {
        size_t slots = (size_t)(kinds[i].end - kinds[i].first) * STREAM_COUNT;
        *ret_at = at;
        if (slot < at + slots)
            return &kinds[i];
        at += slots;
    }
    return NULL;
}

size_t slot_of(enum key_id key, enum stream_id stream)
{
    size_t at = KEY_STREAM_FIRST;
    for (size_t i = 0; i < KINDS && key >= kinds[i].first; i++) {
        size_t keys = (size_t)(kinds[i].end - kinds[i].first);
        if (key < kinds[i].end)
            return at + (size_t)stream * keys + (size_t)(key - kinds[i].first);
        at += keys * STREAM_COUNT;
    }
    return (size_t)key;
}

const struct config_key *slot_key(size_t slot)
{
    size_t at;
    const struct kind *kind = kind_of(slot, &at);
    if (kind == NULL)
        return &config_key_table[slot];
    return &config_key_table[kind->first + (slot - at) % (size_t)(kind->end - kind->first)];
}

static enum stream_id slot_stream(size_t slot)
{
    size_t at;
    const struct kind *kind = kind_of(slot, &at);
    return kind == NULL ? STREAM_CUSTOMERS
                        : (enum stream_id)((slot - at) / (size_t)(kind->end - kind->first));
}

bool slot_repeats(size_t slot)
{
    return slot_stream(slot) != STREAM_CUSTOMERS;
}

const char *slot_preset(size_t slot)
{
    const struct config_key *key = slot_key(slot);
    if (key == &config_key_table[KEY_SCHEDULE]) {
        const char *own = schedules[slot_stream(slot)];
        return own != NULL ? own : "hourly";
    }
    return key->may_lack ? NULL : key->preset;
}

const char *slot_section(size_t slot, char buffer[SECTION_MAX])
{
    const struct config_key *key = slot_key(slot);
    if (slot < KEY_STREAM_FIRST)
        (void)snprintf(buffer, SECTION_MAX, "%s", key->section);
    else
        (void)snprintf(buffer, SECTION_MAX, "%s %s", key->section,
                       stream_info(slot_stream(slot))->name);
    return buffer;
}

void *slot_base(size_t slot, struct config *config)
{
    if (slot < KEY_STREAM_FIRST)
        return config;
    return &config->streams[slot_stream(slot)];
}
