/* Realism: what the parts for each table share: figures put in their place, cells and dates read.
 */
#include <string.h>

#include "clock/civil.h"
#include "realism/realism_parts.h"

int realism_month(int64_t day)
{
    struct civil_date date = civil_from_days(day);
    return (date.year - 1970) * 12 + date.month - 1;
}

unsigned realism_band(int score)
{
    static const int from[REALISM_BANDS] = {300, 500, 550, 600, 650, 700, 750, 800};
    unsigned band = 0;
    while (band + 1 < REALISM_BANDS && score >= from[band + 1])
        band++;
    return band;
}

bool cell_begins(const struct cell *cell, const char *text)
{
    size_t length = strlen(text);
    return cell->kind == CELL_TEXT && cell->length >= length &&
           memcmp(cell->text, text, length) == 0;
}

bool cell_is(const struct cell *cell, const char *text)
{
    return cell_begins(cell, text) && cell->length == strlen(text);
}

void realism_put(struct realism *realism, enum realism_id id, double value, double count)
{
    realism->figures[id].value = count > 0 ? value : 0;
    realism->figures[id].count = count;
}

void realism_put_share(struct realism *realism, enum realism_id id, double part, double count)
{
    realism_put(realism, id, count > 0 ? 100 * part / count : 0, count);
}

/* Of what never changed, the row says what it always was. */
struct realism_job realism_job_at(const struct realism_person *person, int64_t at)
{
    unsigned i = person->job_count;
    while (i > 0 && person->jobs[i - 1].at > at)
        i--;
    struct realism_job job = i > 0 ? person->jobs[i - 1] : (struct realism_job){.work = WORK_COUNT};
    const struct realism_job *last =
        person->job_count > 0 ? &person->jobs[person->job_count - 1] : NULL;
    if (last == NULL || last->work == WORK_COUNT)
        job.work = person->work;
    if (last == NULL || last->income <= 0)
        job.income = (float)person->income;
    return job;
}

double realism_last_rate(const struct realism *realism)
{
    const struct realism_series *series = &realism->market.series[SERIES_UNEMPLOYMENT];
    return series->count > 0 ? series->points[series->count - 1].value : 0;
}
