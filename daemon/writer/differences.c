/* Writer: what is other in the tables than credd makes them, told to whoever asks before an adopt.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "writer/writer_parts.h"

/* One thing that is other in a table than credd makes it, on its way to who asked. */
struct telling {
    struct writer *writer;
    uint64_t request;
};

static int tell_difference(void *context, const struct store_difference *difference)
{
    const struct telling *telling = context;
    struct post *post = post_new(POST_NEWS, telling->request);
    post->news.kind = NEWS_FINDING;
    post->news.check = "differs";
    post->news.table = difference->table[0] != '\0' ? schema_readable(difference->table)->name : "";
    post->news.note = !difference->blocks;
    post->block = mem_text(difference->part);
    post->news.key = post->block;
    (void)snprintf(post->news.text, sizeof post->news.text, "%s", difference->text);
    (void)mailbox_put(telling->writer->mailbox, post);
    return 0;
}

int differences_tell(struct writer *writer, const struct job *job, struct fault *fault)
{
    struct telling telling = {writer, job->asked.request};
    return store_differences(writer->session.store, writer_rules(writer)->fills, tell_difference,
                             &telling, fault);
}
