/* Time spans: what is taken lies between 0 and 100 years, and its exact text reads back as the
 * same. */
#include "clock/span.h"
#include "fuzz.h"

#define SPAN_MOST INT64_C(3155760000000000)

/* Whatever is printed fits, and says something. */
static void print(int64_t us)
{
    char text[SPAN_TEXT_MAX];
    FUZZ_CHECK(strlen(span_text(us, text)) > 1);
    FUZZ_CHECK(strlen(span_words(us, text)) > 2);
    FUZZ_CHECK(strlen(span_exact_text(us, text)) > 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault fault = {.text = ""};
    char exact[SPAN_TEXT_MAX];
    int64_t us = -1, again = -1, number = 0;
    char *text = fuzz_text(data, size);
    int result = span_parse(text, &us, &fault);
    FUZZ_CHECK(result == 0 || (fault.code == result && fault.text[0] != '\0'));
    if (result == 0) {
        FUZZ_CHECK(us >= 0 && us <= SPAN_MOST);
        FUZZ_CHECK(span_parse(span_exact_text(us, exact), &again, &fault) == 0 && again == us);
        print(us);
        print(-us);
    }
    memcpy(&number, data, size < sizeof number ? size : sizeof number);
    print(number);
    free(text);
    return 0;
}
