/* Verify's comparison with the real world: a table of figures. */
#include <string.h>

#include "print.h"
#include "show.h"

/* As many digits as tell a tolerance from its neighbours. */
static void print_number(struct show *show, const json_t *value, int width)
{
    char text[40] = "-";
    if (json_is_number(value))
        (void)snprintf(text, sizeof text, "%.5g", json_number_value(value));
    (void)fprintf(show->out, "%*s", width, text);
}

void show_figure(struct show *show, const json_t *figure)
{
    const char *verdict = member_or(figure, "verdict", "?");
    bool within = strcmp(verdict, "within") == 0, outside = strcmp(verdict, "outside") == 0;
    if (show->figures[0] + show->figures[1] + show->figures[2] == 0)
        print_coloured(show->out, show->colour, COLOUR_FAINT,
                       " REFERENCE       HERE  TOLERANCE  VERDICT       FIGURE\n");
    show->figures[within ? 0 : outside ? 1 : 2]++;
    print_number(show, json_object_get(figure, "reference"), 10);
    print_number(show, json_object_get(figure, "here"), 11);
    print_number(show, json_object_get(figure, "tolerance"), 11);
    (void)fputs("  ", show->out);
    print_coloured(show->out, show->colour,
                   within    ? COLOUR_GOOD
                   : outside ? COLOUR_BAD
                             : COLOUR_FAINT,
                   verdict);
    (void)fprintf(show->out, "%*s  ", (int)(strlen(verdict) < 12 ? 12 - strlen(verdict) : 0), "");
    (void)print_safe(show->out, member_or(figure, "name", "?"), 0);
    (void)fputc('\n', show->out);
}

void show_figures(struct show *show)
{
    char count[3][PRINT_MAX];
    if (show->figures[0] + show->figures[1] + show->figures[2] > 0)
        (void)fprintf(show->out, "%s figures within tolerance, %s outside, %s of too few rows\n",
                      print_count(show->figures[0], count[0]),
                      print_count(show->figures[1], count[1]),
                      print_count(show->figures[2], count[2]));
}
