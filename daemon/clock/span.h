/* span.h - time spans and timestamps as text, as in systemd.time(7) and RFC 3339. */
#ifndef CREDD_CLOCK_SPAN_H
#define CREDD_CLOCK_SPAN_H

#include <stdint.h>

#include "base/fault.h"
#include "clock/zone.h"

/* "90s", "1h 30min", "30d", "6month", "2"(seconds); month = 30.44 days, year = 365.25 days, as
 * systemd. -EINVAL, -ERANGE (over 100 years). "infinity" is refused. */
int span_parse(const char *text, int64_t *ret_us, struct fault *fault);
/* "1h 30min": at most two units after rounding to whole seconds. Returns `buffer`. */
#define SPAN_TEXT_MAX 64
char *span_text(int64_t us, char buffer[SPAN_TEXT_MAX]);
/* "12 s", "2 min", "3 h 20 min", "5 d 3 h": rounded down, for sentences. Returns `buffer`. */
char *span_words(int64_t seconds, char buffer[SPAN_TEXT_MAX]);
/* "1h30min", "-6h", "1s500ms", "0s": exact, and without a blank, as span_parse() reads it apart
 * from the sign. Returns `buffer`. */
char *span_exact_text(int64_t us, char buffer[SPAN_TEXT_MAX]);

/* "2026-08-14T10:35:12Z", "2026-08-14 10:35:12", "2026-08-14 10:35", "2026-08-14", with "Z", "UTC",
 * an offset such as +02:00 or a zone name behind it, else local to `zone` (NULL: UTC);
 * "@1786703712". */
int time_parse(const char *text, const struct zone *zone, int64_t *ret_utc_seconds,
               struct fault *fault);
/* The same in microseconds, where the seconds may have a fraction. */
int time_parse_us(const char *text, const struct zone *zone, int64_t *ret_utc_us,
                  struct fault *fault);
/* RFC 3339 with Z: "2026-08-14T10:35:12Z". Returns `buffer`. */
#define TIME_TEXT_MAX 32
char *time_text(int64_t utc_seconds, char buffer[TIME_TEXT_MAX]);
/* "Mon 09:30", in `zone`. Returns `buffer`. */
char *time_weekday_text(const struct zone *zone, int64_t utc_seconds, char buffer[TIME_TEXT_MAX]);

#endif
