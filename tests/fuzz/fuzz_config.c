/* Any bytes as a configuration file: refused with one line of words, or held. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/load.h"

static void visit(void *context, const char *section, const char *name, const char *value,
                  const char *source)
{
    size_t *bytes = context;
    *bytes += strlen(section) + strlen(name) + strlen(value) + strlen(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = NULL;
    struct fault fault = {0};
    size_t bytes = 0;
    int r = config_from_text("FILE", (const char *)data, size, &config, &fault);
    if (r < 0 && (fault.code != r || strncmp(fault.text, "FILE:", 5) != 0 ||
                  fault.text[strcspn(fault.text, "\n\r\x1b")] != '\0'))
        abort();
    if (r >= 0)
        config_each(config, visit, &bytes);
    if (r >= 0 && bytes == 0)
        abort();
    config_free(config);
    return 0;
}
