#include "control/interface.h"

#include <string.h>

#include "base/mem.h"
#include "control/command.h"
#include "control/metrics_calls.h"
#include "control/parameters.h"
#include "json/text.h"

static const char service[] =
    "# The Varlink service interface.\n"
    "interface " CREDD_VARLINK "\n"
    "\n"
    "method GetInfo() -> (\n"
    "  vendor: string,\n"
    "  product: string,\n"
    "  version: string,\n"
    "  url: string,\n"
    "  interfaces: []string\n"
    ")\n"
    "\n"
    "method GetInterfaceDescription(interface: string) -> (description: string)\n"
    "\n"
    "error InterfaceNotFound (interface: string)\n"
    "error MethodNotFound (method: string)\n"
    "error MethodNotImplemented (method: string)\n"
    "error InvalidParameter (parameter: string)\n"
    "error PermissionDenied ()\n"
    "error ExpectedMore ()\n";

static const char types[] =
    "# verdict of Status: fresh, behind, paused, held, busy or not-ready.\n"
    "# model: the version of the model that made the world; credd writes to no other than its "
    "own.\n"
    "type World (id: string, seed: int, origin: string, model: int)\n"
    "\n"
    "type Database (backend: string, state: string, detail: string)\n"
    "\n"
    "type Job (kind: string, done: int, total: int, detail: ?string)\n"
    "\n"
    "type Runs (name: string, schedule: string, runs: []string)\n"
    "\n"
    "type Progress (text: string, done: int, total: int)\n"
    "\n"
    "type Finding (check: string, table: string, key: string, text: string, note: bool)\n"
    "\n"
    "type Digest (table: string, sha256: string)\n"
    "\n"
    "# verdict: within, outside or too few rows.\n"
    "type Figure (\n"
    "  name: string,\n"
    "  reference: float,\n"
    "  here: ?float,\n"
    "  tolerance: float,\n"
    "  verdict: string,\n"
    "  source: string,\n"
    "  why: string\n"
    ")\n"
    "\n"
    "type Act (\n"
    "  wall: string,\n"
    "  world: ?string,\n"
    "  kind: string,\n"
    "  stream: string,\n"
    "  value: string,\n"
    "  user: string,\n"
    "  uid: int,\n"
    "  pid: int,\n"
    "  reason: string,\n"
    "  text: string\n"
    ")\n"
    "\n"
    "# How a table differs from credd's own; in_the_way: adopting it is refused for this.\n"
    "type Difference (table: string, part: string, text: string, in_the_way: bool)\n"
    "\n"
    "type Setting (section: string, key: string, value: string, source: string)\n";

/* --- what Status replies --- */

struct member {
    const char *name, *type;
};

static const struct member clock_members[] = {
#define CLOCK_MEMBER(name, type, value) {#name, type},
#include "json/status.def"
#undef CLOCK_MEMBER
};

static const struct member stream_members[] = {
#define STREAM_MEMBER(name, type, value) {#name, type},
#include "json/status.def"
#undef STREAM_MEMBER
};

static const struct member status_members[] = {
#define STATUS_MEMBER(name, type, value) {#name, type},
#include "json/status.def"
#undef STATUS_MEMBER
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void add_members(struct text *text, const struct member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_words(text, i > 0 ? ", " : "");
        text_words(text, members[i].name);
        text_words(text, ": ");
        text_words(text, members[i].type);
    }
}

static void add_type(struct text *text, const char *name, const struct member *members,
                     size_t count)
{
    text_words(text, "\ntype ");
    text_words(text, name);
    text_words(text, " (");
    add_members(text, members, count);
    text_words(text, ")\n");
}

/* --- what the others reply --- */

/* Of one that takes "more": what it waits for, and how far it is, come before the message. */
#define DONE    "queued: ?string, progress: ?Progress, message: ?string"
#define MESSAGE "message: string"
/* Each row is an array of strings and nulls. */
#define ROWS "table: ?string, columns: ?[]string, types: ?[]string, rows: ?[]object"

/* Where nothing stands here it is a message. */
static const char *const replies[CREDD_COMMAND_COUNT] = {
    [CREDD_COMMAND_PAUSE] = DONE ", batch_in_hand: ?bool, world: ?string",
    [CREDD_COMMAND_REFRESH] = DONE ", rows: ?int",
    [CREDD_COMMAND_RESET] = DONE ", rows: ?int",
    [CREDD_COMMAND_ADVANCE] = DONE ", rows: ?int",
    [CREDD_COMMAND_SCHEDULE] = "streams: []Runs",
    [CREDD_COMMAND_VERIFY] = DONE ", finding: ?Finding, digest: ?Digest, figure: ?Figure, "
                                  "findings: ?int",
    [CREDD_COMMAND_EXPORT] = "queued: ?string, " ROWS ", total: ?int",
    [CREDD_COMMAND_WATCH] = ROWS ", dropped: ?int",
    [CREDD_COMMAND_ADOPT] = MESSAGE ", differences: ?[]Difference",
    [CREDD_COMMAND_HISTORY] = "acts: []Act",
    [CREDD_COMMAND_RELOAD] = "changed: string, pending: string",
    [CREDD_COMMAND_CONFIG] = "settings: []Setting",
    [CREDD_COMMAND_VERSION] = "version: string",
};

static void add_reply(struct text *text, const struct command *command)
{
    if (command->id == CREDD_COMMAND_STATUS)
        add_members(text, status_members, COUNT(status_members));
    else if (replies[command->id] != NULL)
        text_words(text, replies[command->id]);
    else
        text_words(text, command->style == CREDD_STYLE_ONCE ? MESSAGE : DONE);
}

static const char *const kinds[CREDD_KIND_COUNT] = {
    [CREDD_KIND_FLAG] = "bool",       [CREDD_KIND_TEXT] = "string",
    [CREDD_KIND_SPAN] = "string",     [CREDD_KIND_TIME] = "string",
    [CREDD_KIND_NUMBER] = "int",      [CREDD_KIND_FACTOR] = "float",
    [CREDD_KIND_STREAM] = "string",   [CREDD_KIND_STREAMS] = "[]string",
    [CREDD_KIND_TABLES] = "[]string",
};

static void add_parameters(struct text *text, enum credd_command command)
{
    size_t count;
    const struct parameter *table = parameters_table(&count);
    const char *between = "";
    for (size_t i = 0; i < count; i++) {
        if (table[i].command != command || CREDD_KIND_LOCAL(table[i].kind))
            continue;
        text_words(text, between);
        text_words(text, table[i].name);
        text_words(text, table[i].need == CREDD_NEED_REQUIRED ? ": " : ": ?");
        text_words(text, kinds[table[i].kind]);
        between = ", ";
    }
}

static void add_method(struct text *text, const struct command *command)
{
    text_words(text, "\n# ");
    text_words(text, command->help);
    if (command->style != CREDD_STYLE_ONCE)
        text_words(text,
                   command->style == CREDD_STYLE_STREAM ? "; needs \"more\"" : "; takes \"more\"");
    text_words(text, "\nmethod ");
    text_words(text, command->method);
    text_words(text, "(");
    add_parameters(text, command->id);
    text_words(text, ") -> (");
    add_reply(text, command);
    text_words(text, ")\n");
}

static char *control_description(void)
{
    struct text text = {0};
    text_words(
        &text,
        "# Control of credd, which keeps a demo credit-risk database alive. Times are RFC 3339 "
        "with Z.\ninterface " CREDD_INTERFACE "\n\n");
    text_words(&text, types);
    add_type(&text, "Clock", clock_members, COUNT(clock_members));
    text_words(&text,
               "\n# obstacle: why the table rejects the stream's rows; they are written once it "
               "accepts them.");
    add_type(&text, "Stream", stream_members, COUNT(stream_members));
    for (int i = 0; i < CREDD_COMMAND_COUNT; i++)
        add_method(&text, &commands[i]);
#define X(id, name, status, meaning) \
    text_words(&text, "\n# " meaning "\nerror " name " (message: string)\n");
    CREDD_ERRORS(X)
#undef X
    text_add(&text, "", 1);
    return text.bytes;
}

char *interface_description(const char *name)
{
    if (strcmp(name, CREDD_VARLINK) == 0)
        return mem_text(service);
    if (strcmp(name, METRICS_INTERFACE) == 0)
        return mem_text(metrics_interface);
    return strcmp(name, CREDD_INTERFACE) == 0 ? control_description() : NULL;
}
