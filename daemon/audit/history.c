/* History: what was done to this world and to those before it, as credd_act keeps it. */
#include "audit/reader_parts.h"
#include "base/mem.h"
#include "state/act.h"

/* What a NEWS_ACT points to. */
struct shown_act {
    struct store_act row;
    struct act_shown shown;
};

static int post_act(struct reader *reader, struct reader_job *job, const struct store_act *row)
{
    struct post *post = post_new(POST_NEWS, job->request);
    struct shown_act *kept = mem_zero(1, sizeof *kept);
    kept->row = *row;
    act_show(row, &kept->shown);
    post->block = (char *)kept;
    post->news_act = (struct news_act){
        .wall = {row->wall_us},
        .world = row->at,
        .kind = kept->row.kind,
        .stream = kept->shown.streams,
        .user = kept->row.user,
        .reason = kept->row.reason,
        .value = kept->shown.value,
        .text = kept->shown.text,
        .uid = row->uid,
        .pid = row->pid,
    };
    post->news.kind = NEWS_ACT;
    post->news.act = &post->news_act;
    return reader_emit(reader, job, post);
}

int tell_history(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    struct store_description description = {0};
    int result = store_load(reader->session.store, &description, fault);
    for (size_t i = 0; i < description.act_count && result == 0; i++)
        result = post_act(reader, job, &description.acts[i]);
    store_description_done(&description);
    return result;
}
