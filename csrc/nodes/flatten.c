#include "../snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK
snnrt_status snnrt_flatten_check(snnrt_check *c) {
    bool fits = (c->node->flags & SNNRT_NODE_MAP) == 0 && (c->source->flags & SNNRT_NODE_MAP) != 0 &&
                c->node->channels == snnrt_elements(c->source);
    return fits ? SNNRT_OK : SNNRT_ERROR_NODE_SHAPE;
}
#else
typedef int snnrt_flatten_node_left_out;
#endif
