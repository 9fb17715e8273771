#include "clock/calendar_command.h"

#include <errno.h>
#include <string.h>

#include "clock/calendar.h"
#include "clock/span.h"
#include "clock/system.h"
#include "clock/zone.h"

#define SECOND_US INT64_C(1000000)

static void print_time(FILE *out, int64_t us)
{
    char text[TIME_TEXT_MAX];
    size_t length = strlen(time_text(us / SECOND_US, text)) - 1; /* without its Z */
    if (us % SECOND_US == 0)
        (void)fprintf(out, "%s\n", text);
    else
        (void)fprintf(out, "%.*s.%06dZ\n", (int)length, text, (int)(us % SECOND_US));
}

static int print_runs(const struct calendar *calendar, const struct zone *zone, int count,
                      const char *from, FILE *out, int *ret_printed, struct fault *fault)
{
    int64_t at;
    if (from == NULL) {
        at = system_time.wall(system_time.context).us;
    } else {
        int result = time_parse_us(from, zone, &at, fault);
        if (result < 0)
            return result;
    }
    int printed = 0;
    for (; printed < count && calendar_next(calendar, zone, at, &at) == 0; printed++)
        print_time(out, at);
    *ret_printed = printed;
    return 0;
}

int calendar_command(const char *expression, int count, const char *from, const char *timezone,
                     FILE *out, int *ret_printed, struct fault *fault)
{
    struct zone *zone = NULL;
    struct calendar *calendar = NULL;
    int result = zone_load(timezone != NULL ? timezone : "UTC", &zone, fault);
    if (result < 0)
        return result;
    result = calendar_parse_local(expression, zone, &calendar, fault);
    if (result == 0)
        result = print_runs(calendar, zone, count, from, out, ret_printed, fault);
    calendar_free(calendar);
    zone_free(zone);
    return result;
}
