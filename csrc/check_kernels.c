/* Whether this build has what a node needs. */
#include "snnrt_check.h"

#define SNNRT_PRESENT_CASE(KIND, kind, ...) case SNNRT_KIND_##KIND:

snnrt_status snnrt_check_kernels(const snnrt_node *node) {
    bool present = false;
    switch (node->kind) {
        SNNRT_NODE_LIST(SNNRT_PRESENT_CASE)
        present = true;
        break;
    default:
        if (node->kind - 1u >= SNNRT_KINDS_END - 1u) {
            return SNNRT_ERROR_NODE_KIND;
        }
        break;
    }
    if (node->kind == SNNRT_KIND_NEURON) {
        present = snnrt_neuron_present(node);
    }
#if !SNNRT_WITH_EXIT_CONFIDENCE
    if (node->kind == SNNRT_KIND_EXIT) {
        present = snnrt_exit_rule_present(((const snnrt_exit_parameters *)snnrt_parameters_of(node))->rule);
    }
#endif
    return present ? SNNRT_OK : SNNRT_ERROR_KERNEL_MISSING;
}
#undef SNNRT_PRESENT_CASE
