#include "config/mistakes.h"

#include <errno.h>

int mistakes_take(struct mistakes *mistakes, int result, const struct fault *fault)
{
    if (result >= 0 || mistakes == NULL || mistakes->tell == NULL)
        return result;
    mistakes->count++;
    mistakes->tell(mistakes->context, fault->text);
    return 0;
}

int mistakes_end(const struct mistakes *mistakes)
{
    return mistakes != NULL && mistakes->count > 0 ? -EINVAL : 0;
}
