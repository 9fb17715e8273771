/* credd itself, for a world of people who move and change their work often: what the tests of
 * updates look at through real databases. */
#include "simulation/lives.h"

int __real_world_changes(struct world *world, enum stream_id stream, world_time from, world_time to,
                         size_t limit, world_sink *sink, void *context, world_time *ret_reached);
int __wrap_world_changes(struct world *world, enum stream_id stream, world_time from, world_time to,
                         size_t limit, world_sink *sink, void *context, world_time *ret_reached);

int __wrap_world_changes(struct world *world, enum stream_id stream, world_time from, world_time to,
                         size_t limit, world_sink *sink, void *context, world_time *ret_reached)
{
    return stream == STREAM_CUSTOMERS
               ? lives_changes(__real_world_changes, world, from, to, limit, sink, context,
                               ret_reached)
               : __real_world_changes(world, stream, from, to, limit, sink, context, ret_reached);
}
