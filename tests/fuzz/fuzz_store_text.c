/* Texts that a database or a configuration gives: values of each kind of column, which print as
 * they were read; definitions of tables and indexes under another name; fills; keys to go on after;
 * markers. */
#include "fuzz.h"
#include "store/fill.h"
#include "store/sql.h"
#include "store/sqlite.h"

static void read_cells(const char *text, size_t length)
{
    for (size_t i = 0; i < SCHEMA_TABLES; i++)
        for (unsigned k = 0; k < schema_tables[i].count; k++) {
            const struct schema_column *column = &schema_tables[i].columns[k];
            char print[CELL_PRINT_MAX + 1];
            struct cell cell = sql_read_cell(column, text, length);
            FUZZ_CHECK(cell.kind == column->kind || cell.kind == CELL_TEXT);
            FUZZ_CHECK(cell.kind != CELL_TEXT || cell.length <= length);
            FUZZ_CHECK(cell_print(&cell, print) <= CELL_PRINT_MAX);
            struct cell again = sql_read_cell(column, print, strlen(print));
            FUZZ_CHECK(cell.kind == CELL_TEXT ||
                       (again.kind == cell.kind && again.number == cell.number));
        }
}

static void rename_definitions(const char *text)
{
    char *table = sqlite_definition_table(text, "\"another\"");
    char *index = sqlite_definition_index(text, "\"another\"", "\"one\"");
    FUZZ_CHECK(table == NULL || strncmp(table, "CREATE TABLE \"another\"", 22) == 0);
    FUZZ_CHECK(index == NULL || strstr(index, "\"another\" ON \"one\"") != NULL);
    free(table);
    free(index);
}

static void fill_columns(const char *text)
{
    struct fill fill;
    struct fault fault = {.text = ""};
    int result = fill_parse(text, &fill, &fault);
    FUZZ_CHECK(result == 0 || (fault.code == result && fault.text[0] != '\0'));
    if (result < 0)
        return;
    FUZZ_CHECK(fill.count <= FILL_COLUMNS_MAX);
    for (int escapes = 0; escapes <= 1; escapes++) {
        struct fill_use use = {&fill, (1u << fill.count) - 1, escapes == 1};
        char *names = fill_names(&use), *values = fill_values(&use);
        for (unsigned i = 0; i < fill.count; i++)
            FUZZ_CHECK(fill_find(&fill, fill.columns[i].name) != NULL);
        free(names);
        free(values);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct schema_table *const tables[] = {&schema_tables[0], &schema_status,
                                                        &schema_change};
    struct sql_after place;
    char *text = fuzz_text(data, size);
    read_cells(text, strlen(text));
    rename_definitions(text);
    fill_columns(text);
    for (size_t i = 0; i < 3; i++)
        if (sql_page_after(tables[i], text, &place) == 0)
            FUZZ_CHECK(strlen(place.key) < sizeof place.key && place.cells[1].kind == CELL_TIME);
    (void)schema_age(text);
    free(text);
    return 0;
}
