/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/process.h"

#include "io/clock.h"

#include <stdlib.h>

enum sp_error sp_process_init(struct sp_process *process, size_t threads_n, struct sp_diag *diag)
{
    *process = (struct sp_process){.threads_n = threads_n, .started_ms = sp_clock_now_ms()};
    size_t n = threads_n + 1;
    process->metrics = calloc(n, sizeof *process->metrics);
    bool failed = process->metrics == NULL;
    for (size_t i = 0; i < n && !failed; i++) {
        process->metrics[i] = aligned_alloc(_Alignof(struct sp_metrics), sizeof(struct sp_metrics));
        failed = process->metrics[i] == NULL;
        if (!failed) {
            memset(process->metrics[i], 0, sizeof(struct sp_metrics));
            process->metrics_n++;
        }
    }
    process->revocations = sp_revocations_new(SP_REVOCATIONS_MAX_N, &sp_random_system);
    failed = failed || process->revocations == NULL;
    return failed ? sp_diag_set(diag, SP_ERR_MEMORY, "%s", sp_error_text(SP_ERR_MEMORY)) : SP_OK;
}

void sp_process_done(struct sp_process *process)
{
    for (size_t i = 0; i < process->metrics_n; i++) {
        free(process->metrics[i]);
    }
    free(process->metrics);
    sp_revocations_free(process->revocations);
    sp_waiting_free(process->waiting);
    *process = (struct sp_process){0};
}
