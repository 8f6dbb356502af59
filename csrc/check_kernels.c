/* Whether this build has what a node needs. */
#include "snnrt_check.h"

static bool kind_is_present(uint32_t kind) {
#if SNNRT_WITH_MODEL_CHECK
    return snnrt_row_of(kind)->kind != 0;
#else
    switch (kind) {
#define SNNRT_PRESENT_CASE(KIND, kind, ...) case SNNRT_KIND_##KIND:
        SNNRT_NODE_LIST(SNNRT_PRESENT_CASE)
#undef SNNRT_PRESENT_CASE
        return true;
    default:
        return false;
    }
#endif
}

snnrt_status snnrt_check_kernels(const snnrt_node *node) {
    bool present = true;
    if (!kind_is_present(node->kind)) {
        return node->kind - 1u < SNNRT_KINDS_END - 1u ? SNNRT_ERROR_KERNEL_MISSING : SNNRT_ERROR_NODE_KIND;
    }
#if !SNNRT_WITH_MODEL_CHECK
    /* The check asks when the arrays are known to be right. */
    if (node->kind == SNNRT_KIND_NEURON) {
        present = snnrt_neuron_present(node);
    }
#endif
#if !SNNRT_WITH_READOUT_MODES && !SNNRT_WITH_MODEL_CHECK
    if (node->kind == SNNRT_KIND_READOUT) {
        present = ((const snnrt_readout_parameters *)snnrt_parameters_of(node))->mode <= SNNRT_READOUT_MEAN;
    }
#endif
#if !SNNRT_WITH_EXIT_CONFIDENCE || !SNNRT_WITH_EXIT_COMBINED
    if (node->kind == SNNRT_KIND_EXIT) {
        present = snnrt_exit_rule_present(((const snnrt_exit_parameters *)snnrt_parameters_of(node))->rule);
    }
#endif
    return present ? SNNRT_OK : SNNRT_ERROR_KERNEL_MISSING;
}
