/* credd.conf(5), made from the key table. With CREDD_UPDATE set the page in the tree is written
 * anew instead of compared. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/load.h"
#include "config/text.h"
#include "service_checks.h"

#define PAGE "packaging/man/credd.conf.5"

static const char before[] =
    ".\\\" Made from the key table: see tests/unit/test_config_manual.c.\n"
    ".TH CREDD.CONF 5 \"\" \"credd " CREDD_VERSION "\" \"File Formats\"\n"
    ".nh\n"
    ".ad l\n"
    ".SH NAME\n"
    "credd.conf \\- configuration of credd\n"
    ".SH SYNOPSIS\n"
    ".nf\n"
    "\\fI/etc/credd/credd.conf\\fR\n"
    "\\fI/etc/credd/credd.conf.d/*.conf\\fR\n"
    "\\fI/etc/credd/NAME.conf\\fR\n"
    "\\fI/etc/credd/NAME.conf.d/*.conf\\fR\n"
    ".fi\n"
    ".SH DESCRIPTION\n"
    ".BR credd (8)\n"
    "reads its configuration from these sources; later ones override earlier ones:\n"
    ".IP 1. 4\n"
    "the built\\-in defaults listed below; no configuration file is required;\n"
    ".IP 2.\n"
    "the file given with \\fB\\-\\-config\\fR, else \\fI/etc/credd/credd.conf\\fR if it exists;\n"
    "the instance \\fINAME\\fR of credd@.service reads \\fI/etc/credd/NAME.conf\\fR;\n"
    ".IP 3.\n"
    "the files \\fI*.conf\\fR in the directory of the same name with \\fI.d\\fR appended,\n"
    "in the order of their names; put your own settings here;\n"
    ".IP 4.\n"
    "the environment: \\fBDB_HOST\\fR, \\fBDB_PORT\\fR, \\fBDB_NAME\\fR, \\fBDB_USER\\fR and "
    "\\fBDB_PASSWORD\\fR\n"
    "(for the service, from \\fI/etc/default/credd\\fR);\n"
    ".IP 5.\n"
    "\\fB\\-\\-set\\fR \\fISECTION\\fR.\\fIKEY\\fR=\\fIVALUE\\fR on the command line.\n"
    ".PP\n"
    "A line is \\fB[\\fISECTION\\fB]\\fR, \\fIKEY\\fB = \\fIVALUE\\fR, empty, or a comment after\n"
    "# or ;. Unknown sections and keys, values that are not allowed, and keys given twice in one\n"
    "file are errors; the message names file, line, key, what was found and what is allowed.\n"
    "At the start credd then exits with status 78; at a reload the old configuration stays in\n"
    "force as a whole. \\fBcredd \\-\\-check\\-config\\fR checks the configuration,\n"
    "\\fBcredctl config\\fR shows what is in force and where each value comes from.\n"
    ".PP\n"
    "Keys that take effect at once do so with \\fBcredctl reload\\fR. Once a world exists, its\n"
    "database keeps its seed, volumes, clock and tempos: they override the configuration until a\n"
    "reset, or until the configured value itself is changed. \\fBcredctl status\\fR shows what is\n"
    "pending.\n"
    ".SH KEYS\n"
    "Time spans are written as in\n"
    ".BR systemd.time (7):\n"
    "90s, 1h 30min, 30d.\n";

static const char after[] =
    ".SH WITH YOUR OWN SCHEMA\n"
    "The application may change the five tables and \\fIcredd_status\\fR, within these limits.\n"
    ".TP\n"
    "Reset\n"
    "A reset keeps additional columns, widened types, defaults, generated columns, indexes,\n"
    "CHECKs and comments. What makes it refuse, and what \\fBreset \\-\\-plain\\fR does, is\n"
    "described in\n"
    ".BR credd (8).\n"
    ".br\n"
    "On MariaDB an ALTER may get in at the last moment, after credd has looked at the tables and\n"
    "before they are exchanged: the reset is then taken back and begun again. If others use the\n"
    "new world already, it stays, and the journal and whoever asked for the reset are told what\n"
    "it lacks.\n"
    ".TP\n"
    "Stopped streams\n"
    "A stream stops if the definition of its table rejects credd's rows: an additional column\n"
    "that must have a value and has no default, a column of credd's that is missing, generated,\n"
    "too narrow or of a type that would change its values (fewer decimals, a DATE for a\n"
    "TIMESTAMP, a number for a ZIP code), a missing table, a trigger that raises an error;\n"
    "and, unless\n"
    "\\fIrefuse = skip\\fR, a rule that rejects a row for its value.\n"
    "What rejects rows of \\fIcredd_status\\fR stops \\fIloan_applications\\fR in any case: no\n"
    "status is written without its step.\n"
    ".TP\n"
    "References to customers\n"
    "Tables that refer to customers find the same \\fIcustomer_id\\fR after a reset only with the\n"
    "same \\fIworld.seed\\fR and a fixed \\fIclock.start\\fR; another seed or start gives other\n"
    "people. A foreign key to the five tables prevents a reset: drop it before, and add it again\n"
    "afterwards.\n"
    ".TP\n"
    "Dates and times\n"
    "\\fIrecord_date\\fR, \\fIapplication_date\\fR, \\fIdate_recorded\\fR and\n"
    "\\fIdate_of_birth\\fR are days in \\fIclock.timezone\\fR; \\fIcreated_at\\fR and\n"
    "\\fIcredd_status.at\\fR are UTC.\n"
    ".SH EXAMPLES\n"
    "A MariaDB server on the same machine, without a password\n"
    "(for the privileges see\n"
    ".BR credd (8)):\n"
    ".PP\n"
    ".RS 4\n"
    ".nf\n"
    "# /etc/credd/credd.conf.d/database.conf\n"
    "[database]\n"
    "name = credit_risk_analysis\n"
    ".fi\n"
    ".RE\n"
    ".PP\n"
    "Two servers, tried in turn, with a password:\n"
    ".PP\n"
    ".RS 4\n"
    ".nf\n"
    "[database]\n"
    "host = db1.example.org,db2.example.org\n"
    "user = credd\n"
    "password_file = /etc/credd/db\\-password\n"
    "tls_ca = /etc/ssl/certs/ca\\-certificates.crt\n"
    ".fi\n"
    ".RE\n"
    ".PP\n"
    "A world of 200 customers that begins at a fixed instant and is the same each time:\n"
    ".PP\n"
    ".RS 4\n"
    ".nf\n"
    "[clock]\n"
    "start = 2026\\-08\\-14T10:35:12Z\n"
    "speed = 0\n"
    "[world]\n"
    "seed = 7\n"
    "customers = 200\n"
    ".fi\n"
    ".RE\n"
    ".PP\n"
    "Five times as many applications, quotes every 30 seconds, credit history once a night:\n"
    ".PP\n"
    ".RS 4\n"
    ".nf\n"
    "[stream loan_applications]\n"
    "tempo = 5\n"
    "[stream market_data]\n"
    "schedule = every 30s\n"
    "[stream credit_history]\n"
    "schedule = *\\-*\\-* 02:30\n"
    ".fi\n"
    ".RE\n"
    ".PP\n"
    "\\fBcredd \\-\\-calendar \\(aqMon..Fri 9:30/5:00\\(aq \\-n 3\\fR shows when an expression "
    "elapses.\n"
    ".SH FILES\n"
    ".TP\n"
    "\\fI/usr/share/doc/credd/examples/\\fR\n"
    "drop\\-ins for the units, for example for a database on a Unix socket.\n"
    ".PP\n"
    "\\fBcredd \\-\\-example\\-config\\fR prints a file with every key at its default.\n"
    ".SH SEE ALSO\n"
    ".BR credd (8),\n"
    ".BR credctl (1),\n"
    ".BR systemd.time (7)\n";

static const struct {
    const char *section, *title, *text;
} sections[] = {
    {"clock", "[clock]", "How world time follows wall time. Instants are UTC internally."},
    {"world", "[world]", "What a new world is like."},
    {"database", "[database]",
     "Where rows are written. credd uses only a database that is empty or its own."},
    {"control", "[control]", "Where the daemon can be reached, and by whom."},
    {"web", "[web]",
     "A live, read-only page for browsers: how fresh the data is, what is going on, rows as they "
     "are "
     "committed, charts of the world. It is off unless listen is set or credd-web.socket enabled. "
     "It has no "
     "password: whoever "
     "can reach the address can read it; other web sites cannot, since requests for host names "
     "that "
     "are not its own are refused. It shows only what credd generated, nothing that could identify "
     "a person, and no names of servers, users or operators."},
    {"stream", "[stream NAME]",
     "Each table is a stream of events with a section of its own: "
     "[stream customers], [stream financial_records], [stream loan_applications], "
     "[stream market_data], [stream credit_history]."},
    {"table", "[table NAME]",
     "How credd deals with what the application changed in the five tables, each with a section of "
     "its own: [table customers], [table financial_records], [table loan_applications], "
     "[table market_data], [table credit_history]. "
     "Additional columns, indexes and constraints are up to the application as long as the table "
     "accepts credd's rows. A table that rejects them by its definition, for example for a column "
     "that must have a value and has no default, or for lack of one of credd's columns, stops its "
     "stream, and customers also the streams that depend on it; the others continue. "
     "Nothing is skipped: status and the journal name the table, the column and the remedy, credd "
     "retries every 5 seconds, and writes everything that is missing once the table accepts it."},
};

/* Text in which a hyphen is a hyphen, and sentences end lines. */
static void put_text(FILE *out, const char *text)
{
    bool begins = true;
    for (; *text != '\0'; text++) {
        bool ends = (text[0] == '.' || text[0] == ':') && text[1] == ' ' && strlen(text) > 20;
        if (begins && (*text == '.' || *text == '\''))
            (void)fputs("\\&", out);
        if (*text == '-' || *text == '\\')
            (void)fputs(*text == '-' ? "\\-" : "\\e", out);
        else
            (void)fputc(*text, out);
        begins = ends;
        if (ends) {
            (void)fputc('\n', out);
            text++;
        }
    }
}

static void put_default(FILE *out, const struct config_key *key)
{
    size_t length = strlen(key->preset);
    if (strcmp(key->preset, "(none)") == 0) {
        (void)fputs("No default.\n", out);
    } else if (key->preset[0] == '(') {
        char words[512];
        (void)snprintf(words, sizeof words, "%.*s", (int)length - 2, key->preset + 1);
        (void)fputs("Default: ", out);
        put_text(out, words);
        (void)fputs(".\n", out);
    } else {
        (void)fputs("Default: \\fB", out);
        put_text(out, key->preset);
        (void)fputs("\\fR.\n", out);
    }
}

static void put_key(FILE *out, const struct config_key *key)
{
    (void)fprintf(out, ".TP\n\\fB%s\\fR\n", key->name);
    put_text(out, key->help);
    (void)fputs("\n.br\nAllowed: ", out);
    put_text(out, key->type);
    (void)fputs(".\n.br\n", out);
    put_default(out, key);
    (void)fprintf(out, "Takes effect %s.\n", key->takes_effect);
}

static void put_section(FILE *out, const char *section)
{
    size_t i = 0;
    while (i < sizeof sections / sizeof sections[0] && strcmp(sections[i].section, section) != 0)
        i++;
    if (i == sizeof sections / sizeof sections[0])
        fail_msg("[%s] has no text of its own", section);
    (void)fprintf(out, ".SS %s\n", sections[i].title);
    put_text(out, sections[i].text);
    (void)fputc('\n', out);
}

static char *make_page(void)
{
    char *text = NULL;
    size_t size = 0, count = 0;
    const char *section = "";
    const struct config_key *keys = config_keys(&count);
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    (void)fputs(before, out);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].secret) /* the environment's alone: see ENVIRONMENT of credd(8) */
            continue;
        if (strcmp(keys[i].section, section) != 0)
            put_section(out, keys[i].section);
        section = keys[i].section;
        put_key(out, &keys[i]);
    }
    (void)fputs(after, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void the_page_in_the_tree_is_this_one(void **state)
{
    (void)state;
    char *page = make_page(), *text = NULL;
    size_t length = 0;
    if (getenv("CREDD_UPDATE") != NULL) {
        FILE *out = fopen(PAGE, "we");
        assert_non_null(out);
        assert_true(fputs(page, out) >= 0);
        assert_int_equal(fclose(out), 0);
    }
    assert_int_equal(text_read(PAGE, &text, &length, NULL), 0);
    if (strcmp(text, page) != 0)
        fail_msg("%s is not what the key table gives: run this test with CREDD_UPDATE=1", PAGE);
    free(text);
    free(page);
}

/* The page's examples, as a reader would copy them. */
static void its_examples_hold(void **state)
{
    (void)state;
    unsigned examples = 0;
    for (const char *at = after; (at = strstr(at, ".nf\n")) != NULL; at += 4) {
        const char *end = strstr(at, "\n.fi");
        char text[1024];
        size_t used = 0;
        struct fault fault = {0};
        for (const char *from = at + 4; from < end && used + 1 < sizeof text; from++)
            if (*from != '\\')
                text[used++] = *from;
        if (config_check_text("example", text, used, &fault) < 0)
            fail_msg("%s", fault.text);
        examples++;
    }
    assert_int_equal(examples, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_in_the_tree_is_this_one),
        cmocka_unit_test(its_examples_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
