/* rows.h - rows as the page shows them: of what credd generated, the columns by which nobody could
 * be known. */
#ifndef CREDD_WEB_ROWS_H
#define CREDD_WEB_ROWS_H

#include <jansson.h>

#include "mail/news.h"

/* New: {"table", "key", "at", and the columns shown}; NULL: the row is not shown. */
json_t *row_json(const struct news *news, size_t row);

#endif
