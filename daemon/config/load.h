/* load.h - inside config/: loading with another standard file, or from memory; for tests and
 * fuzzing. */
#ifndef CREDD_CONFIG_LOAD_H
#define CREDD_CONFIG_LOAD_H

#include "config/config.h"

/* config_load with `standard` in place of CONFIG_FILE. */
int config_load_from(const struct config_source *source, const char *standard,
                     struct config **ret_config, struct fault *fault);
/* The snapshot of a file's text alone, with the state and runtime folders that the package uses. */
int config_from_text(const char *name, const char *text, size_t length, struct config **ret_config,
                     struct fault *fault);

#endif
