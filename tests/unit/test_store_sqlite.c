/* An SQLite file does what every store must do. */
#include "sqlite_file.h"
#include "store_conformance_amend.h"
#include "store_conformance_differ.h"
#include "store_conformance_fill.h"
#include "store_conformance_refuse.h"
#include "store_conformance_rows.h"
#include "store_conformance_swap.h"
#include "store_conformance_types.h"
#include "store_conformance_update.h"
#include "store_conformance_upgrade.h"
#include "store_conformance_views.h"
#include "store_conformance_world.h"

int main(void)
{
    struct sqlite_file file;
    struct conformance conformance = sqlite_conformance(&file);
    struct CMUnitTest tests[] = {
        CONFORMANCE_WORLD_TESTS,   CONFORMANCE_AMEND_TESTS,  CONFORMANCE_ROWS_TESTS,
        CONFORMANCE_UPDATE_TESTS,  CONFORMANCE_REFUSE_TESTS, CONFORMANCE_FILL_TESTS,
        CONFORMANCE_TYPES_TESTS,   CONFORMANCE_DIFFER_TESTS, CONFORMANCE_SWAP_TESTS,
        CONFORMANCE_UPGRADE_TESTS, CONFORMANCE_VIEWS_TESTS};
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tests[i].initial_state = &conformance;
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    sqlite_file_done(&file);
    return rc;
}
