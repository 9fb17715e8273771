/* Keys in any order, found again. */
#include <string.h>

#include "audit/key_index.h"
#include "engine_checks.h"

static void test_keys_are_found_in_any_order(void **state)
{
    (void)state;
    static const char *const keys[] = {"b", "a", "", "abc", "B"};
    struct key_index index = {0};
    for (size_t i = 0; i < 5; i++)
        (void)key_index_add(&index, keys[i], strlen(keys[i]), (int64_t)i);
    key_index_sort(&index);
    for (size_t i = 0; i < 5; i++) {
        const struct key_entry *entry = key_index_find(&index, keys[i], strlen(keys[i]));
        assert_non_null(entry);
        assert_int_equal(entry->created, i);
    }
    assert_null(key_index_find(&index, "ab", 2));
    key_index_done(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_found_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
