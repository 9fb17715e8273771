/* What the writer does, in numbers. */
#include "writer/writer_parts.h"

void count_batch(struct writer *writer, enum stream_id stream, mono_time began,
                 const struct store_outcome *outcome)
{
    struct counters *counters = &writer->shown.counters;
    int64_t counts[] = {[CHANGE_INSERT] = 0, [CHANGE_MOVE] = 0, [CHANGE_UPDATE] = 0};
    int64_t took = writer_mono(writer).us - began.us;
    for (size_t i = 0; i < writer->changes.count; i++)
        counts[writer->changes.items[i].kind]++;
    int64_t rows = counts[CHANGE_INSERT] - outcome->inserted;
    int64_t moves = counts[CHANGE_MOVE] - outcome->moved;
    writer_lock(writer);
    counters->rows[stream] += outcome->inserted;
    counters->moves[stream] += outcome->moved;
    counters->updates[stream] += outcome->updated;
    counters->skipped[stream][SKIP_ROW_REFUSED] += rows;
    counters->skipped[stream][SKIP_STATUS_CHANGED] += moves;
    /* The later ones of a group that others changed are not counted. */
    counters->skipped[stream][SKIP_VALUE_CHANGED] += outcome->skipped - rows - moves;
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
