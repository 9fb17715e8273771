/* The pending log: any bytes as its file. What is taken is written as it was read, and each act of
 * it leaves a world's state such that its rows are read back. */
#include <errno.h>

#include "base/disk.h"
#include "fuzz.h"
#include "state/pending_log.h"
#include "state_world.h"

/* A disk of one file. */
struct one_file {
    char *text;
    size_t length;
};

static int read_file(void *context, const char *path, char **ret_text, size_t *ret_length)
{
    const struct one_file *file = context;
    (void)path;
    if (file->text == NULL)
        return -ENOENT;
    *ret_text = fuzz_text((const uint8_t *)file->text, file->length);
    *ret_length = file->length;
    return 0;
}

static int create_file(void *context, const char *path, int *ret_file)
{
    struct one_file *file = context;
    (void)path;
    free(file->text);
    *file = (struct one_file){.text = fuzz_text(NULL, 0)};
    *ret_file = 0;
    return 0;
}

static int write_file(void *context, int fd, const char *bytes, size_t length, size_t *ret_written)
{
    struct one_file *file = context;
    (void)fd;
    file->text = realloc(file->text, file->length + length + 1);
    FUZZ_CHECK(file->text != NULL);
    memcpy(file->text + file->length, bytes, length);
    file->length += length;
    *ret_written = length;
    return 0;
}

static int do_nothing(void *context, int file)
{
    (void)context;
    (void)file;
    return 0;
}

static int move_nothing(void *context, const char *from, const char *to)
{
    (void)context;
    (void)from;
    (void)to;
    return 0;
}

static int touch_nothing(void *context, const char *path)
{
    (void)context;
    (void)path;
    return 0;
}

static const struct disk_ops ops = {.read = read_file,
                                    .create = create_file,
                                    .write = write_file,
                                    .sync = do_nothing,
                                    .close = do_nothing,
                                    .rename = move_nothing,
                                    .sync_folder = touch_nothing,
                                    .remove = touch_nothing};

static void open_log(struct pending_log *pending, struct disk *disk, struct fault *fault)
{
    int result = pending_log_open(pending, disk, "/state", "/socket", fault);
    FUZZ_CHECK(result == 0 || fault->text[0] != '\0');
    FUZZ_CHECK(pending->count <= PENDING_MAX);
}

static void apply(struct world_state *state, const struct act *from)
{
    struct act act = *from;
    struct act_effect *effect = calloc(1, sizeof *effect);
    struct fault fault = {.text = ""};
    char said[STORE_PARAMETERS_MAX];
    (void)act_say(&act, said);
    (void)act_streams(&act);
    int result = act_apply(&act, state, effect, &fault);
    FUZZ_CHECK(result == 0 || fault.text[0] != '\0');
    free(effect);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault fault = {.text = ""};
    struct one_file file = {(char *)fuzz_text(data, size), size};
    struct disk disk = {&ops, &file};
    struct pending_log *pending = malloc(2 * sizeof *pending), *again = pending + 1;
    FUZZ_CHECK(pending != NULL);
    open_log(pending, &disk, &fault);
    FUZZ_CHECK(pending_log_save(pending, &fault) == 0);
    char *first = fuzz_text((const uint8_t *)file.text, file.length);
    fault.text[0] = '\0';
    int result = pending_log_open(again, &disk, "/state", "/socket", &fault);
    FUZZ_SAY(result < 0, fault.text);
    FUZZ_CHECK(result == 0);
    FUZZ_CHECK(again->count == pending->count && pending_log_save(again, &fault) == 0);
    FUZZ_CHECK(file.length == strlen(first) && memcmp(file.text, first, file.length) == 0);
    struct world_state state = state_world();
    for (size_t i = 0; i < pending->count; i++)
        apply(&state, &pending->items[i].act);
    state_world_check(&state);
    world_state_done(&state);
    free(first);
    free(file.text);
    free(pending);
    return 0;
}
