#include "base/cell.h"

#include <assert.h>
#include <string.h>

static char *digits(char *out, uint64_t value, unsigned width)
{
    for (unsigned i = width; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + width;
}

static unsigned width_of(uint64_t value)
{
    unsigned width = 1;
    while (value >= 10) {
        value /= 10;
        width++;
    }
    return width;
}

static char *print_decimal(char *out, int64_t number, unsigned scale)
{
    uint64_t value = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    uint64_t unit = 1;
    for (unsigned i = 0; i < scale; i++)
        unit *= 10;
    if (number < 0)
        *out++ = '-';
    out = digits(out, value / unit, width_of(value / unit));
    if (scale > 0) {
        *out++ = '.';
        out = digits(out, value % unit, scale);
    }
    return out;
}

/* Howard Hinnant's days-to-civil arithmetic, proleptic Gregorian. */
static char *print_date(char *out, int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    uint64_t day_of_era = (uint64_t)(shifted - era * 146097);
    uint64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t shifted_month = (5 * day_of_year + 2) / 153;
    uint64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    uint64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    int64_t year = (int64_t)year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    out = digits(out, (uint64_t)year, 4);
    *out++ = '-';
    out = digits(out, month, 2);
    *out++ = '-';
    return digits(out, day, 2);
}

static char *print_time(char *out, int64_t seconds)
{
    int64_t left = seconds % 86400;
    int64_t days = seconds / 86400 - (left < 0 ? 1 : 0);
    uint64_t rest = (uint64_t)(left < 0 ? left + 86400 : left);
    out = print_date(out, days);
    *out++ = ' ';
    out = digits(out, rest / 3600, 2);
    *out++ = ':';
    out = digits(out, rest / 60 % 60, 2);
    *out++ = ':';
    return digits(out, rest % 60, 2);
}

unsigned cell_print(const struct cell *cell, char *buffer)
{
    char *end = buffer;
    switch ((enum cell_kind)cell->kind) {
    case CELL_NULL: break;
    case CELL_TEXT:
        assert(cell->length <= CELL_TEXT_MAX);
        memcpy(buffer, cell->text, cell->length);
        end = buffer + cell->length;
        break;
    case CELL_INTEGER: end = print_decimal(buffer, cell->number, 0); break;
    case CELL_DECIMAL: end = print_decimal(buffer, cell->number, cell->scale); break;
    case CELL_DATE: end = print_date(buffer, cell->number); break;
    case CELL_TIME: end = print_time(buffer, cell->number); break;
    }
    *end = '\0';
    return (unsigned)(end - buffer);
}

struct cell cell_text(const char *text)
{
    return (struct cell){.kind = CELL_TEXT, .length = (uint16_t)strlen(text), .text = text};
}

bool cell_same(const struct cell *a, const struct cell *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == CELL_TEXT)
        return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
    return a->kind == CELL_NULL || (a->number == b->number && a->scale == b->scale);
}
