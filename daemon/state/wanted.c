#include "state/wanted.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/millionths.h"
#include "base/text_list.h"

struct wanted wanted_now(const struct config *config)
{
    struct wanted wanted = {.next = {.settings = config->settings,
                                     .start_now = config->start_now,
                                     .start_at = config->start_at,
                                     .speed = config->speed},
                            .views = config->views};
    (void)snprintf(wanted.next.timezone, sizeof wanted.next.timezone, "%s", config->timezone);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        wanted.next.tempo[i] = config->streams[i].tempo;
        wanted.next.enabled[i] = config->streams[i].enabled;
        wanted.rules.skips |= config->streams[i].skips_refused ? 1u << i : 0;
        if (config->streams[i].fill != NULL)
            wanted.rules.fills[i] = *config->streams[i].fill;
    }
    return wanted;
}

/* 0: the setting is not in the world. */
static int64_t or_else(int64_t months, int64_t usual)
{
    return months > 0 ? months : usual;
}

void wanted_at_reset(const struct world_state *state, const struct config *config, char *out,
                     size_t size)
{
    const struct world_settings *is = &state->settings, *will = &config->settings;
    const struct {
        const char *name;
        int64_t is, will;
    } volumes[] = {
        {"customers", is->customers, will->customers},
        {"customer_growth (millionths)", is->customer_growth, will->customer_growth},
        {"financial_records_per_customer", is->financial_records_per_customer,
         will->financial_records_per_customer},
        {"financial_records_months", or_else(is->financial_records_months, WORLD_FINANCE_MONTHS),
         or_else(will->financial_records_months, WORLD_FINANCE_MONTHS)},
        {"loan_applications_per_customer", is->loan_applications_per_customer,
         will->loan_applications_per_customer},
        {"loan_applications_months", or_else(is->loan_applications_months, WORLD_LOAN_MONTHS),
         or_else(will->loan_applications_months, WORLD_LOAN_MONTHS)},
        {"market_data_points", is->market_data_points, will->market_data_points},
        {"credit_history_entries", is->credit_history_entries, will->credit_history_entries},
    };
    out[0] = '\0';
    if (is->seed != will->seed)
        text_list_add(out, size, ", ", "seed %" PRIu64 " -> %" PRIu64, is->seed, will->seed);
    for (size_t i = 0; i < sizeof volumes / sizeof *volumes; i++)
        if (volumes[i].is != volumes[i].will)
            text_list_add(out, size, ", ", "%s %" PRId64 " -> %" PRId64, volumes[i].name,
                          volumes[i].is, volumes[i].will);
    if (strcmp(state->timezone, config->timezone) != 0)
        text_list_add(out, size, ", ", "timezone %s -> %s", state->timezone, config->timezone);
}

void wanted_streams(const struct config *old, const struct config *config, char changed[1024])
{
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct config_stream *was = &old->streams[i], *is = &config->streams[i];
        const char *name = stream_info((enum stream_id)i)->name;
        const char *schedule = schedule_text(is->schedule);
        char factor[MILLIONTHS_TEXT_MAX];
        if (strcmp(schedule_text(was->schedule), schedule) != 0)
            text_list_add(changed, 1024, "; ", "%s: schedule %.200s", name, schedule);
        if (was->tempo != is->tempo)
            text_list_add(changed, 1024, "; ", "%s x%s", name, millionths_text(is->tempo, factor));
        if (was->enabled != is->enabled)
            text_list_add(changed, 1024, "; ", "%s is %s", name,
                          is->enabled ? "enabled" : "disabled");
    }
}
