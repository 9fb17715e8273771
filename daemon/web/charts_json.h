/* charts_json.h - the page's charts as JSON. */
#ifndef CREDD_WEB_CHARTS_JSON_H
#define CREDD_WEB_CHARTS_JSON_H

#include <jansson.h>

#include "mail/charts.h"

json_t *charts_json(const struct charts *charts);

#endif
