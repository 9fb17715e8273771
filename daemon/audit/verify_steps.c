/* Verify: the steps that loan applications took, and those that they should have taken. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "audit/model_rows.h"
#include "audit/verify_parts.h"
#include "clock/span.h"

struct steps {
    struct audit *audit;
    char application[CELL_PRINT_MAX + 1], status[CELL_PRINT_MAX + 1];
    int64_t at;
    uint64_t orphans, differ;
};

static void end_steps(struct steps *steps)
{
    if (steps->application[0] == '\0' ||
        steps->at > steps->audit->until[STREAM_LOAN_APPLICATIONS].s)
        return;
    const struct key_entry *application =
        key_index_find(&steps->audit->applications, steps->application, strlen(steps->application));
    if (application == NULL)
        steps->orphans++;
    else if (strcmp(application->word, steps->status) != 0)
        steps->differ++;
}

static int check_step(void *context, const struct cell *cells, unsigned count)
{
    struct steps *steps = context;
    struct audit *audit = steps->audit;
    char key[CELL_PRINT_MAX + 1], time[TIME_TEXT_MAX], other[TIME_TEXT_MAX];
    (void)count;
    (void)cell_print(&cells[0], key);
    if (strcmp(key, steps->application) != 0)
        end_steps(steps);
    int64_t at = cells[2].kind == CELL_TIME ? cells[2].number : KEY_NO_INSTANT;
    const struct key_entry *application = key_index_find(&audit->applications, key, strlen(key));
    int result = at > audit->now.s ? verify_read_time(audit) : 0;
    if (result == 0 && at > audit->now.s)
        result = verify_find(audit, "future", SCHEMA_STATUS, key, false,
                             "a step at %s, which is in the future: it is now %s",
                             time_text(at, time), time_text(audit->now.s, other));
    if (result == 0 && application != NULL && at != KEY_NO_INSTANT && at < application->created)
        result = verify_find(audit, "decision-early", SCHEMA_STATUS, key, false,
                             "decided at %s, before the application of %s", time_text(at, time),
                             time_text(application->created, other));
    memcpy(steps->application, key, sizeof steps->application);
    (void)cell_print(&cells[1], steps->status);
    steps->at = at;
    return result;
}

int verify_steps(struct audit *audit)
{
    struct steps steps = {.audit = audit};
    int result =
        reader_progress(audit->reader, audit->job, SCHEMA_STATUS, STREAM_COUNT, STREAM_COUNT + 1);
    if (result == 0)
        result =
            reader_walk(audit->reader, audit->job, SCHEMA_STATUS, check_step, &steps, audit->fault);
    if (result < 0)
        return result;
    end_steps(&steps);
    if (steps.differ > 0)
        result = verify_find(audit, "status", "loan_applications", "", true,
                             "the status of %" PRIu64 " application%s was changed outside credd",
                             steps.differ, steps.differ == 1 ? "" : "s");
    if (result == 0 && steps.orphans > 0)
        result = verify_find(
            audit, "status", SCHEMA_STATUS, "", true,
            "%" PRIu64 " application%s with recorded steps %s deleted outside credd", steps.orphans,
            steps.orphans == 1 ? "" : "s", steps.orphans == 1 ? "was" : "were");
    return result;
}

int verify_moves(struct audit *audit)
{
    world_time until = audit->until[STREAM_LOAN_APPLICATIONS];
    uint64_t behind = 0;
    if (audit->session->world == NULL)
        return 0;
    int result = model_rows_statuses(audit->session->world, until, &audit->statuses);
    if (result < 0)
        return fault_set(audit->fault, -EIO, "the model of loan_applications fails");
    for (size_t i = 0; i < audit->statuses.count; i++) {
        const struct key_entry *model = &audit->statuses.entries[i];
        const char *key = key_index_key(&audit->statuses, model);
        const struct key_entry *row = key_index_find(&audit->applications, key, strlen(key));
        if (row != NULL && model->word[0] != '\0' && strcmp(row->word, "Pending") == 0)
            behind++;
    }
    if (behind == 0 || audit->session->state.streams[STREAM_LOAN_APPLICATIONS].skipped > 0)
        return 0;
    return verify_find(audit, "undecided", "loan_applications", "", false,
                       "%" PRIu64 " application%s still Pending although the decision is due",
                       behind, behind == 1 ? " is" : "s are");
}
