/* Whether this build has what a node needs. */
#include "snnrt_core.h"

bool snnrt_kernel_present(const snnrt_node *node) {
    switch (node->kind) {
#if !SNNRT_WITH_CONV2D
    case SNNRT_KIND_CONV2D:
        return false;
#endif
#if !SNNRT_WITH_POOL2D
    case SNNRT_KIND_SUM_POOL2D:
    case SNNRT_KIND_AVG_POOL2D:
        return false;
#endif
#if !SNNRT_WITH_ADD
    case SNNRT_KIND_ADD:
        return false;
#endif
#if !SNNRT_WITH_NEURON_VARIANTS
    case SNNRT_KIND_NEURON:
        return snnrt_neuron_is_plain(node->parameters.neuron.flags, node->parameters.neuron.granularity);
#endif
#if !SNNRT_WITH_EXIT_CONFIDENCE
    case SNNRT_KIND_EXIT:
        return snnrt_exit_rule_present(node->parameters.exit.rule);
#endif
    default:
        return true;
    }
}
