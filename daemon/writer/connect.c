/* Writer: how it gets and loses its connection, and the first world. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "writer/writer_parts.h"

#define VIEWS_PATIENCE_MS 200 /* they may come later */

/* credd can make its world again, but only a person can tell that these tables are credd's. */
static void add_way_out(int code, struct fault *fault)
{
    char found[FAULT_TEXT_MAX];
    memcpy(found, fault->text, sizeof found);
    (void)fault_set(fault, code,
                    "%.500s; if a backup is being restored, credd continues once it is complete; "
                    "if the world is damaged, drop all of its tables and credd builds a new "
                    "one:",
                    found);
    for (size_t i = SCHEMA_OWN + SCHEMA_TABLES; i-- > 0;) {
        const char *name =
            i < SCHEMA_TABLES ? schema_tables[i].name : schema_own[i - SCHEMA_TABLES].name;
        size_t used = strlen(fault->text);
        (void)snprintf(fault->text + used, sizeof fault->text - used, " DROP TABLE IF EXISTS %s;",
                       name);
    }
}

void writer_fail(struct writer *writer, int code, const struct fault *fault)
{
    struct fault told = *fault;
    /* It is, or was a moment ago, a world of ours. */
    bool ours = writer->health.open || writer->session.kind == STORE_CLAIMED;
    if (code == -EUCLEAN || (code == -EPERM && ours))
        add_way_out(code, &told);
    restored_see(writer); /* with what this writer committed since the last look */
    session_disconnect(&writer->session);
    writer_waits(writer, NULL);
    writer_report_health(writer, HEALTH_FAILED, code, told.text);
}

static int first_world(struct writer *writer, struct fault *fault)
{
    struct session *session = &writer->session;
    session_forget(session);
    int result = session->kind == STORE_VACANT ? store_claim(session->store, fault) : 0;
    if (result == 0) {
        writer_report_health(writer, HEALTH_OPENED, 0, store_describe(session->store));
        result = reset_world(writer, NULL, fault);
    }
    writer_no_job(writer);
    return result;
}

static int open_world(struct writer *writer, struct fault *fault)
{
    struct session *session = &writer->session;
    if (session->kind == STORE_FOREIGN)
        return -EPERM;
    bool again = writer->health.backoff_us > 0; /* the first time it may be another's swap */
    int result = 0;
    if (session->kind != STORE_WORLD) {
        result = first_world(writer, fault);
    } else {
        result = session_load(session, fault);
        if ((result == -EPROTO || result == -ESTALE) && again)
            result = -EUCLEAN;
    }
    return result;
}

/* The world is shown first, with its views: it may be another one than when the connection went. */
static int begin(struct writer *writer, struct fault *fault)
{
    struct job *past = NULL;
    writer->views_due = true;
    store_patience(writer->session.store, VIEWS_PATIENCE_MS);
    int result = views_tend(writer, false, fault);
    if (result < 0)
        return result;
    store_patience(writer->session.store, 0);
    result = jobs_take_past(writer, &past, fault);
    if (result < 0)
        return result;
    writer_waits(writer, NULL);
    writer->seen.made = writer->session.made; /* another server may have made it at another time */
    restored_see(writer);
    restored_begin(writer);
    writer->carry_due = true;
    writer->look_at = (mono_time){0}; /* before anything is written */
    writer_publish(writer);
    jobs_end_past(writer, past);
    writer_report_health(writer, HEALTH_OPENED, 0, store_describe(writer->session.store));
    return 0;
}

bool writer_connect(struct writer *writer)
{
    struct session *session = &writer->session;
    struct fault fault = {.text = ""};
    writer_calls(writer, true);
    int result = session_connect(session, true, &fault);
    if (result == 0)
        result = open_world(writer, &fault);
    if (result == 0)
        result = begin(writer, &fault);
    writer_calls(writer, false);
    if (result == 0)
        return true;
    bool first = session->kind != STORE_WORLD;
    if (result == -EBUSY || (result == -ESTALE && first)) { /* another daemon builds, or upgrades */
        session_disconnect(session);
        writer_waits(writer, fault.text);
        writer_report_health(writer, HEALTH_WAITS, result, fault.text);
    } else if (result != -ESHUTDOWN) {
        writer_fail(writer, result, &fault);
    }
    return false;
}
