/* layers.h - inside config/: the slots' texts, laid over each other: defaults, files, environment,
 * command line. */
#ifndef CREDD_CONFIG_LAYERS_H
#define CREDD_CONFIG_LAYERS_H

#include "config/keys.h"
#include "config/mistakes.h"

enum layer {
    LAYER_DEFAULT,
    LAYER_FILE,
    LAYER_ENVIRONMENT,
    LAYER_COMMAND_LINE,
};

struct setting {
    char *text; /* NULL: there is none, the default follows from elsewhere */
    char *source;
    enum layer layer;
};

struct layers {
    struct setting settings[SLOT_COUNT];
    struct mistakes mistakes;
};

struct layers *layers_new(void);
void layers_free(struct layers *layers);

/* All of them check each value by its type alone. */
int layers_text(struct layers *layers, const char *name, const char *text, size_t length,
                struct fault *fault);
/* A file; one that is not there is a failure unless it `may_lack`. */
int layers_file(struct layers *layers, const char *file, bool may_lack, struct fault *fault);
/* FOLDER/ *.conf in byte order. */
int layers_folder(struct layers *layers, const char *folder, struct fault *fault);
/* DB_HOST and the like. */
int layers_environment(struct layers *layers, struct fault *fault);
/* SECTION.KEY=VALUE */
int layers_set(struct layers *layers, const char *assignment, struct fault *fault);

/* "SOURCE: KEY: found …": the words before what is said of a slot's value. */
int layers_fault(const struct layers *layers, size_t slot, struct fault *fault, const char *allowed,
                 const char *detail);

#endif
