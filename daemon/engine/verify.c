#include "engine/reader_parts.h"
int verify_world(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    (void)reader;
    (void)job;
    (void)fault;
    return 0;
}
