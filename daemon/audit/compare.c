/* Compare: the rows that credd wrote against the reference figures. Others' rows are left out, and
 * what others made of credd's is read as it is. */
#include "audit/reader_parts.h"
#include "realism/realism.h"

struct comparison {
    struct realism *realism;
    enum stream_id stream;
};

static int take_row(void *context, const struct cell *cells, unsigned count)
{
    const struct comparison *comparison = context;
    if (cells[0].kind == CELL_TEXT &&
        stream_owns_key(comparison->stream, cells[0].text, cells[0].length))
        realism_row(comparison->realism, comparison->stream, cells, count);
    return 0;
}

static int take_step(void *context, const struct cell *cells, unsigned count)
{
    const struct comparison *comparison = context;
    realism_step(comparison->realism, cells, count);
    return 0;
}

static int take_change(void *context, const struct cell *cells, unsigned count)
{
    const struct comparison *comparison = context;
    realism_change(comparison->realism, cells, count);
    return 0;
}

static int post_figure(struct reader *reader, struct reader_job *job, struct realism_figure figure)
{
    struct post *post = post_new(POST_NEWS, job->request);
    post->figure = (struct news_figure){
        .name = figure.name,
        .source = figure.source,
        .why = figure.why,
        .verdict = realism_verdict_name(figure.verdict),
        .reference = figure.reference,
        .here = figure.here,
        .tolerance = figure.tolerance,
        .count = figure.count,
    };
    post->news.kind = NEWS_FIGURE;
    post->news.figure = &post->figure;
    return reader_emit(reader, job, post);
}

int compare_tables(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    static const struct {
        const char *table;
        enum stream_id stream;
        store_visitor *take;
    } passes[] = {
        {"customers", STREAM_CUSTOMERS, take_row},
        {SCHEMA_CHANGE, STREAM_CUSTOMERS, take_change},
        {"credit_history", STREAM_CREDIT_HISTORY, take_row},
        {"loan_applications", STREAM_LOAN_APPLICATIONS, take_row},
        {SCHEMA_STATUS, STREAM_LOAN_APPLICATIONS, take_step},
        {"financial_records", STREAM_FINANCIAL_RECORDS, take_row},
        {"market_data", STREAM_MARKET_DATA, take_row},
    };
    const size_t count = sizeof passes / sizeof *passes;
    const struct session *session = reader_session(reader);
    struct realism *realism = realism_new(session->zone, session->state.settings.origin);
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        struct comparison comparison = {realism, passes[i].stream};
        result = reader_progress(reader, job, passes[i].table, i, count);
        if (result == 0)
            result = reader_walk(reader, job, passes[i].table, passes[i].take, &comparison, fault);
    }
    if (result == 0)
        realism_close(realism);
    for (int i = 0; i < REALISM_COUNT && result == 0; i++)
        result = post_figure(reader, job, realism_figure(realism, (enum realism_id)i));
    realism_free(realism);
    return result;
}
