/* fault.h - a failure and the sentence that explains it, handed up to whoever decides what to do.
 */
#ifndef CREDD_BASE_FAULT_H
#define CREDD_BASE_FAULT_H

#define FAULT_TEXT_MAX 1024

/* `code` is a negative errno-like number; `text` is one sentence for a person, without a newline at
 * its end, saying what was found and what would be right. */
struct fault {
    int code;
    char text[FAULT_TEXT_MAX];
};

/* Fills `fault` (which may be NULL) and returns `code`, so that a caller can `return fault_set(…)`.
 */
int fault_set(struct fault *fault, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "PREFIX: " before the text that is there. Returns the code. */
int fault_prefix(struct fault *fault, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
