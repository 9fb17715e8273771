/* Export: the rows of the tables asked for, as texts. */
#include "audit/reader_parts.h"

#define EXPORT_ROWS 500

struct export
{
    struct reader *reader;
    struct reader_job *job;
    const struct schema_table *table;
    size_t gathered;
    bool any;
};

static int flush_rows(struct export *export)
{
    if (export->reader->texts.count == 0)
        return 0;
    export->gathered = 0;
    return reader_emit(export->reader, export->job,
                       row_texts_post(&export->reader->texts, export->job->request, export->table));
}

static int export_row(void *context, const struct cell *cells, unsigned count)
{
    struct export *export = context;
    const struct cell *created = &cells[export->table->created_column];
    const struct audit_task *task = &export->job->task;
    if (task->has_since && (created->kind != CELL_TIME || created->number < task->since.s))
        return 0;
    row_texts_add(&export->reader->texts, cells, count);
    export->job->rows++;
    export->any = true;
    return ++export->gathered < EXPORT_ROWS ? 0 : flush_rows(export);
}

static int export_table(struct reader *reader, struct reader_job *job,
                        const struct schema_table *table, struct fault *fault)
{
    struct export export = {reader, job, table, 0, false};
    int result = reader_walk(reader, job, table->name, export_row, &export, fault);
    if (result == 0)
        result = flush_rows(&export);
    if (result == 0 && !export.any)
        result = reader_emit(reader, job, row_texts_post(&reader->texts, job->request, table));
    return result;
}

int export_tables(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    int result = 0;
    unsigned streams = job->task.streams;
    row_texts_clear(&reader->texts); /* of one that was broken off */
    for (unsigned i = 0; i < STREAM_COUNT && result == 0; i++)
        if (streams == 0 || streams & 1u << i)
            result = export_table(reader, job, &schema_tables[i], fault);
    if (result == 0 && streams & SCHEMA_STATUS_BIT)
        result = export_table(reader, job, &schema_status, fault);
    if (result == 0 && streams & SCHEMA_CHANGE_BIT)
        result = export_table(reader, job, &schema_change, fault);
    return result;
}
