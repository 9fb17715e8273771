/* credctl's reading of replies: the first line is a command line, what follows are the bytes that
 * "the daemon" sends. People's output stays free of what a terminal would obey, programs' output is
 * what JSON is. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <credd/protocol.h>

#include "connect.h"
#include "fuzz.h"
#include "session.h"

#define WORDS_MAX   8
#define OUTPUT_MAX  (1 << 20)
#define REPLIES_MAX 65536

static int client_end = -1; /* of the connection in hand, with its answers in it */

enum credd_exit connect_any(const struct invocation *invocation, int64_t deadline,
                            struct link *ret_link)
{
    (void)invocation;
    *ret_link = (struct link){.fd = client_end, .signals = -1, .output = -1, .deadline = deadline};
    return CREDD_EXIT_DONE;
}

bool connect_quietly(const struct invocation *invocation, int64_t deadline, struct link *ret_link)
{
    (void)invocation;
    (void)deadline;
    (void)ret_link;
    return false;
}

enum credd_exit connect_unanswered(const struct invocation *invocation)
{
    (void)invocation;
    return CREDD_EXIT_NO_DAEMON;
}

/* --- output --- */

/* Standard output and standard error become one file in memory. libFuzzer keeps its own. */
static void capture(void)
{
    int fd = memfd_create("output", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
    stderr = stdout;
}

/* No control character but the newline, nor one of C1 in UTF-8, nor a format without its text. */
static void check_words(const char *text, size_t length, bool says_null)
{
    FUZZ_CHECK(says_null || memmem(text, length, "(null)", 6) == NULL);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        FUZZ_CHECK(c == '\n' || (c >= 0x20 && c != 0x7F));
        FUZZ_CHECK(c != 0xC2 || (unsigned char)text[i + 1] >= 0xA0);
    }
}

static void check_lines(char *text)
{
    while (*text != '\0') {
        json_t *line = json_loads(fuzz_field(&text, '\n'), 0, NULL);
        FUZZ_CHECK(json_is_object(line));
        json_decref(line);
    }
}

static void check_output(const struct invocation *invocation, bool says_null)
{
    static char text[OUTPUT_MAX + 1];
    (void)fflush(stdout);
    ssize_t length = pread(STDOUT_FILENO, text, OUTPUT_MAX, 0);
    FUZZ_CHECK(length >= 0 && ftruncate(STDOUT_FILENO, 0) == 0);
    (void)lseek(STDOUT_FILENO, 0, SEEK_SET);
    clearerr(stdout);
    text[length] = '\0';
    if (invocation->json && length < OUTPUT_MAX)
        check_lines(text);
    else if (invocation->command->id != CREDD_COMMAND_EXPORT)
        check_words(text, (size_t)length, says_null);
}

/* --- input --- */

static bool read_command(char *line, struct invocation *ret_invocation)
{
    char *words[WORDS_MAX + 2] = {(char *)(uintptr_t) "credctl"};
    int count = 1;
    while (*line != '\0' && count < WORDS_MAX) {
        words[count] = fuzz_field(&line, ' ');
        count += words[count][0] != '\0' ? 1 : 0;
    }
    words[count] = NULL;
    bool right = grammar_read(count, words, ret_invocation);
    return right && ret_invocation->command != NULL && !ret_invocation->help &&
           !ret_invocation->version && ret_invocation->file == NULL &&
           !invocation_has(ret_invocation, "watch");
}

static void converse(const struct invocation *invocation, const uint8_t *data, size_t size)
{
    int ends[2];
    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    if (size > 0)
        FUZZ_CHECK(send(ends[0], data, size, MSG_NOSIGNAL) == (ssize_t)size);
    (void)shutdown(ends[0], SHUT_WR);
    client_end = ends[1];
    enum credd_exit status = session_run(invocation);
    FUZZ_CHECK(status >= CREDD_EXIT_DONE && status <= CREDD_EXIT_TIMEOUT);
    (void)close(ends[0]);
    check_output(invocation, memmem(data, size, "null)", 5) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool captured;
    struct invocation invocation;
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    if (end == NULL || size > REPLIES_MAX)
        return 0;
    if (!captured)
        capture();
    captured = true;
    char *line = fuzz_text(data, (size_t)(end - data));
    if (read_command(line, &invocation))
        converse(&invocation, end + 1, size - (size_t)(end + 1 - data));
    invocation_done(&invocation);
    free(line);
    return 0;
}
