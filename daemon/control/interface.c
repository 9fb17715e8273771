#include "control/interface.h"

#include <string.h>

#include "base/mem.h"
#include "control/command.h"
#include "control/parameters.h"
#include "control/text.h"

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
    "type World (id: string, seed: int, origin: string)\n"
    "\n"
    "type Clock (\n"
    "  world: ?string,\n"
    "  wall: string,\n"
    "  speed: float,\n"
    "  paused: bool,\n"
    "  reason: ?string,\n"
    "  resumes_at: ?string,\n"
    "  held: ?string,\n"
    "  paused_by: ?string,\n"
    "  timezone: string,\n"
    "  zone_version: string,\n"
    "  stands_until: ?string\n"
    ")\n"
    "\n"
    "type Database (backend: string, state: string, detail: string)\n"
    "\n"
    "type Job (kind: string, done: int, total: int, detail: ?string)\n"
    "\n"
    "# obstacle: why the table does not take the stream's rows; nothing is left out for it.\n"
    "type Stream (\n"
    "  name: string,\n"
    "  enabled: bool,\n"
    "  paused: bool,\n"
    "  schedule: string,\n"
    "  tempo: float,\n"
    "  watermark: ?string,\n"
    "  lag_s: int,\n"
    "  rows: int,\n"
    "  skipped: int,\n"
    "  next_run: ?string,\n"
    "  reason: ?string,\n"
    "  resumes_at: ?string,\n"
    "  held: ?string,\n"
    "  late_s: int,\n"
    "  overdue: bool,\n"
    "  paused_by: ?string,\n"
    "  tempo_until: ?string,\n"
    "  tempo_after: ?float,\n"
    "  obstacle: ?string,\n"
    "  newest_row: ?string,\n"
    "  closed_until: ?string,\n"
    "  closed: ?string\n"
    ")\n"
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
    "type Setting (section: string, key: string, value: string, source: string)\n";

#define MESSAGE "message: string"
#define JOB     "queued: ?string, progress: ?Progress, message: ?string, rows: ?int"
/* Each row is an array of strings and nulls. */
#define ROWS "table: ?string, columns: ?[]string, types: ?[]string, rows: ?[]object"

#define REPLY_STATUS                                                                          \
    "version: string, pid: int, world: ?World, clock: Clock, database: Database, job: ?Job, " \
    "streams: []Stream, queued: int, queued_kind: ?string, waiting: ?string, "                \
    "pending: ?string, last_batch: ?string, read_only: bool, verdict: string, "               \
    "verdict_text: string"
#define REPLY_PAUSE    "progress: ?Progress, message: ?string, batch_in_hand: ?bool, world: ?string"
#define REPLY_RESUME   MESSAGE
#define REPLY_REFRESH  JOB
#define REPLY_RESET    JOB
#define REPLY_ADVANCE  JOB
#define REPLY_SPEED    MESSAGE
#define REPLY_TEMPO    MESSAGE
#define REPLY_SCHEDULE "streams: []Runs"
#define REPLY_VERIFY                                                                              \
    "queued: ?string, progress: ?Progress, finding: ?Finding, digest: ?Digest, figure: ?Figure, " \
    "findings: ?int, message: ?string"
#define REPLY_EXPORT  "queued: ?string, " ROWS ", total: ?int"
#define REPLY_WATCH   ROWS ", dropped: ?int"
#define REPLY_WAIT    MESSAGE
#define REPLY_HISTORY "acts: []Act"
#define REPLY_ADOPT   MESSAGE
#define REPLY_CANCEL  MESSAGE
#define REPLY_RELOAD  "changed: string, pending: string"
#define REPLY_CONFIG  "settings: []Setting"
#define REPLY_VERSION "version: string"

static const char *const replies[] = {
#define CREDD_COMMAND(id, word, method, access, style, help) REPLY_##id,
#include "credd/commands.def"
#undef CREDD_COMMAND
};

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
    text_words(text, replies[command->id]);
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
    return strcmp(name, CREDD_INTERFACE) == 0 ? control_description() : NULL;
}
