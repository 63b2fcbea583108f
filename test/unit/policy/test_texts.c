/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/texts.h"

#include "material.h"

SP_TEST(texts_are_copied)
{
    struct sp_texts texts = {0};
    char text[] = "ops";
    ck_assert_int_eq(sp_texts_add(&texts, sp_str_from_c(text)), SP_OK);
    text[0] = 'x';
    ck_assert_str_eq(texts.items[0], "ops");
    for (size_t i = 1; i < 1000; i++) {
        ck_assert_int_eq(sp_texts_add(&texts, SP_STR("")), SP_OK);
    }
    ck_assert_uint_eq(texts.items_n, 1000);
    sp_texts_done(&texts);
    ck_assert_ptr_null(texts.items);
}
SP_TEST_END

SP_TEST(a_text_is_found_as_it_is_or_in_any_case)
{
    struct sp_texts texts = {0};
    ck_assert(!sp_texts_contain(&texts, SP_STR("")));
    add_text(&texts, "Ops");
    add_text(&texts, "sre");
    ck_assert(sp_texts_contain(&texts, SP_STR("sre")));
    ck_assert(!sp_texts_contain(&texts, SP_STR("ops")));
    ck_assert(!sp_texts_contain(&texts, SP_STR("sr")));
    ck_assert(sp_texts_contain_ci(&texts, SP_STR("oPS")));
    ck_assert(!sp_texts_contain_ci(&texts, SP_STR("ops\0")));
    sp_texts_done(&texts);
}
SP_TEST_END

SP_SUITE("texts", texts_are_copied, a_text_is_found_as_it_is_or_in_any_case)
