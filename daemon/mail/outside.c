#include "mail/outside.h"

const struct outside outside_system = {
    .time = &system_time,
    .tokens = &token_system,
    .stores = &store_databases,
    .threads = &thread_system,
    .disk = &system_disk,
};
