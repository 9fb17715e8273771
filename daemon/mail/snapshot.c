#include "mail/snapshot.h"

void snapshot_done(struct snapshot *snapshot)
{
    world_state_done(&snapshot->world);
    *snapshot = (struct snapshot){0};
}
