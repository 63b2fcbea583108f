/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/process.h"

#include <stdlib.h>

static enum sp_error allocate_metrics(struct sp_process *process, size_t n)
{
    process->metrics = calloc(n, sizeof *process->metrics);
    if (process->metrics == NULL) {
        return SP_ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        process->metrics[i] = aligned_alloc(_Alignof(struct sp_metrics), sizeof(struct sp_metrics));
        if (process->metrics[i] == NULL) {
            return SP_ERR_MEMORY;
        }
        memset(process->metrics[i], 0, sizeof(struct sp_metrics));
        process->metrics_n++;
    }
    return SP_OK;
}

enum sp_error sp_process_init(struct sp_process *process, size_t threads_n, struct sp_diag *diag)
{
    *process = (struct sp_process){.threads_n = threads_n};
    enum sp_error error = allocate_metrics(process, threads_n + 1);
    return error == SP_OK ? SP_OK : sp_diag_set(diag, error, "%s", sp_error_text(error));
}

void sp_process_done(struct sp_process *process)
{
    for (size_t i = 0; i < process->metrics_n; i++) {
        free(process->metrics[i]);
    }
    free(process->metrics);
    sp_waiting_free(process->waiting);
    *process = (struct sp_process){0};
}
