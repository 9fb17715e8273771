#include "world/credit.h"

#include "world/credit_fold.h"
#include "world/loan_book.h"

/* Loans count that were funded before the month. */
struct credit_view credit_view_of(struct credit_cache *cache, uint64_t customer, int month)
{
    struct credit_view view = credit_alone_of(cache, customer, month);
    if (cache->view_month != month) {
        cache->view_month = month;
        cache->view_since = credit_month_day(month) * 86400;
    }
    world_time since = {cache->view_since};

    loans_show(cache->world, customer, since, &view);
    return view;
}

struct credit_view credit_view(struct world *world, uint64_t customer, world_time at)
{
    struct credit_cache *cache = (struct credit_cache *)world_cache(world, STREAM_CREDIT_HISTORY);

    return credit_view_of(cache, customer, credit_month_at(cache, customer, at));
}
