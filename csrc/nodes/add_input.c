/* One input of an add or of the readout. */
#include "../snnrt_core.h"

void snnrt_add_input(const snnrt_network *network, const snnrt_node *node, uint32_t edge, bool first) {
    const snnrt_node *source = snnrt_source_of(network->model, node, edge);
    snnrt_add_step step;
    step.input = snnrt_value_of(network, source);
    step.output = network->arena + node->output;
    step.elements = snnrt_elements(node);
    step.input_dtype = source->type;
    step.output_dtype = node->type;
    step.first = first;
    snnrt_add(&step);
}
