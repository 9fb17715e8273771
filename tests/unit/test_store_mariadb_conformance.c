/* MariaDB does what every store must do, with bulk execute and without. */
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
#include "store_mariadb_conformance.h"

int main(void)
{
    struct mariadb_conformance c;
    const struct CMUnitTest all[] = {
        CONFORMANCE_WORLD_TESTS,   CONFORMANCE_AMEND_TESTS,  CONFORMANCE_ROWS_TESTS,
        CONFORMANCE_UPDATE_TESTS,  CONFORMANCE_REFUSE_TESTS, CONFORMANCE_FILL_TESTS,
        CONFORMANCE_TYPES_TESTS,   CONFORMANCE_DIFFER_TESTS, CONFORMANCE_SWAP_TESTS,
        CONFORMANCE_UPGRADE_TESTS, CONFORMANCE_VIEWS_TESTS};
    const struct CMUnitTest rows[] = {CONFORMANCE_ROWS_TESTS, CONFORMANCE_UPDATE_TESTS,
                                      CONFORMANCE_REFUSE_TESTS, CONFORMANCE_FILL_TESTS,
                                      CONFORMANCE_TYPES_TESTS};
    int failed = 0;
    if (mariadb_conformance_begin(&c)) {
        failed = mariadb_conformance_run(&c, "with bulk execute", all, sizeof all / sizeof *all);
        c.no_bulk = true;
        failed += mariadb_conformance_run(&c, "without", rows, sizeof rows / sizeof *rows);
    }
    mariadb_conformance_end(&c);
    return failed;
}
