/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Files of RBAC objects: whatever a file contains, it is either read or reported with its position, and the
 * index grants a path only to users whom a binding names.
 */

#include "gate/rbac_files.h"

#include "fuzz.h"

FUZZ_TARGET(input)
{
    struct sp_reports reports = {0};
    struct sp_rbac_files *files = sp_rbac_files_new(&(struct sp_rbac_settings){0});
    sp_rbac_files_add(files, "a.yaml", input, &reports);
    size_t errors_n = reports.errors_n;
    struct sp_rbac_index *index = sp_rbac_files_finish(files, "folder", &reports);
    if (PLANTED(index != NULL && sp_rbac_index_bindings(index) == 1)) {
        errors_n = 1;
    }
    ck_assert_int_eq(index != NULL, errors_n == 0);
    for (size_t i = 0; i < reports.items_n; i++) {
        ck_assert(reports.items[i].file != NULL && reports.items[i].text[0] != '\0');
    }
    sp_rbac_index_unref(index);
    sp_rbac_files_free(files);
    sp_reports_done(&reports);
}
