/* What the writer does, in numbers. */
#include "writer/writer_parts.h"

void count_batch(struct writer *writer, enum stream_id stream, mono_time began,
                 const struct store_outcome *outcome)
{
    struct counters *counters = &writer->shown.counters;
    int64_t rows = 0, moves = 0, took = writer_mono(writer).us - began.us;
    for (size_t i = 0; i < writer->changes.count; i++)
        *(writer->changes.items[i].kind == CHANGE_INSERT ? &rows : &moves) += 1;
    writer_lock(writer);
    counters->rows[stream] += outcome->inserted;
    counters->moves[stream] += outcome->moved;
    counters->skipped[stream][SKIP_ROW_REFUSED] += rows - outcome->inserted;
    counters->skipped[stream][SKIP_STATUS_CHANGED] += moves - outcome->moved;
    histogram_note(&counters->batches, counters_batch_bounds_us, took);
    writer_unlock(writer);
}

void count_due(struct writer *writer, unsigned streams, const struct due_stream due[STREAM_COUNT])
{
    mono_time now = writer_mono(writer);
    writer_lock(writer);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (streams & 1u << i && due[i].due && writer->runs[i].at.s == 0)
            writer->runs[i] = (struct writer_run){due[i].next, {now.us - due[i].past_us}};
    writer_unlock(writer);
}

void count_run(struct writer *writer, enum stream_id stream, world_time from, world_time to,
               bool rows)
{
    struct writer_run *run = &writer->runs[stream];
    mono_time now = writer_mono(writer);
    writer_lock(writer);
    if (!world_before(to, run->at)) {
        if (rows && world_before(from, run->at))
            histogram_note(&writer->shown.counters.delays[stream], counters_delay_bounds_us,
                           now.us - run->since.us);
        *run = (struct writer_run){0};
    }
    writer_unlock(writer);
}
