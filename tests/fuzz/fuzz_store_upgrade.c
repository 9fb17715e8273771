/* The rows of credd_* as version 0.1.0 left them, which others may have changed: refused with what
 * is wrong, or a description whose texts and numbers stay within what this version writes. Each
 * line of the input is a row: a digit for its table (pairs, streams, acts, gaps), then its columns,
 * "\N" for NULL. */
#include "fuzz.h"
#include "store/upgrade.h"

#define ROWS_MAX 64

static int add_line(struct upgrade_rows *rows, char *line, struct fault *fault)
{
    const char *columns[UPGRADE_COLUMNS_MAX];
    if (line[0] < '0' || line[0] >= '0' + UPGRADE_PARTS || line[1] != '\t')
        return 0;
    enum upgrade_part part = (enum upgrade_part)(line[0] - '0');
    FUZZ_CHECK(upgrade_columns(part) <= UPGRADE_COLUMNS_MAX);
    line += 2;
    for (unsigned i = 0; i < upgrade_columns(part); i++) {
        columns[i] = fuzz_field(&line, '\t');
        if (strcmp(columns[i], "\\N") == 0)
            columns[i] = NULL;
    }
    return upgrade_add(rows, part, columns, fault);
}

static void check(const struct store_description *made)
{
    FUZZ_CHECK(strlen(made->world_id) < sizeof made->world_id);
    FUZZ_CHECK(made->stream_count <= STORE_STREAMS_MAX);
    for (size_t i = 0; i < made->act_count; i++) {
        FUZZ_CHECK(made->acts[i].seq == (int64_t)i + 1);
        FUZZ_CHECK(strlen(made->acts[i].parameters) < sizeof made->acts[i].parameters);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct upgrade_rows rows = {.pairs = NULL};
    struct store_description made = {.pairs = NULL}, again = {.pairs = NULL};
    struct fault fault = {.text = ""};
    char *text = fuzz_text(data, size), *rest = text;
    int result = 0;
    for (int i = 0; i < ROWS_MAX && *rest != '\0' && result == 0; i++)
        result = add_line(&rows, fuzz_field(&rest, '\n'), &fault);
    if (result == 0)
        result = upgrade_convert(&rows, &made, &fault);
    FUZZ_CHECK(result == 0 || fault.text[0] != '\0');
    if (result == 0) {
        check(&made);
        /* A step that was cut off is done again. */
        FUZZ_CHECK(upgrade_convert(&rows, &again, &fault) == 0);
        FUZZ_CHECK(made.act_count == again.act_count && made.gap_count == again.gap_count);
        for (size_t i = 0; i < made.act_count; i++)
            FUZZ_CHECK(strcmp(made.acts[i].parameters, again.acts[i].parameters) == 0);
        store_description_done(&again);
        store_description_done(&made);
    }
    upgrade_rows_done(&rows);
    free(text);
    return 0;
}
