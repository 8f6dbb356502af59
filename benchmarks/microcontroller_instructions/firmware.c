/* What the emulator calls: one network, initialised and run. */
#include "snnrt.h"

static snnrt_network network;
static snnrt_result result;

int firmware_init(const void *model, uint32_t model_bytes, void *arena, uint32_t arena_bytes);
int firmware_run(const void *input);

int firmware_init(const void *model, uint32_t model_bytes, void *arena, uint32_t arena_bytes) {
    return (int)snnrt_network_init(&network, model, model_bytes, arena, arena_bytes, 0);
}

int firmware_run(const void *input) { return (int)snnrt_network_run(&network, input, &result); }
