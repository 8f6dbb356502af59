/* Runs a model in a build of the core that leaves parts out, against the whole interface.
 *
 *     partial_build MODEL INPUT       prints "runs, class N" or "kernel missing, node N" */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snnrt_unstable.h"

static uint64_t model[1 << 12], input[1 << 10], arena[1 << 12];
static snnrt_counts counts[1024];

static size_t load(const char *path, void *bytes, size_t room) {
    FILE *file = fopen(path, "rb");
    size_t size;
    if (file == NULL) {
        exit(2);
    }
    size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

static void nothing(void *user, const snnrt_network *network, uint32_t node, const void *output,
                    const void *state) {
    (void)user, (void)network, (void)node, (void)output, (void)state;
}

int main(int argument_count, char **arguments) {
    snnrt_network network;
    snnrt_result result;
    snnrt_fault fault;
    snnrt_model_info info;
    snnrt_status status;
    snnrt_health health;
    size_t size;
    if (argument_count != 3) {
        return 2;
    }
    size = load(arguments[1], model, sizeof model);
    (void)load(arguments[2], input, sizeof input);
    status = snnrt_network_init(&network, model, size, arena, sizeof arena, &fault);
    if (status == SNNRT_ERROR_KERNEL_MISSING) {
        printf("kernel missing, node %d\n", (int)fault.node);
        return 0;
    }
    if (status != SNNRT_OK || snnrt_model_check(model, size, &info, NULL) != SNNRT_OK) {
        fprintf(stderr, "status %d, node %d\n", (int)status, (int)fault.node);
        return 1;
    }
    if (snnrt_network_count_events(&network, counts, info.node_count) !=
            (SNNRT_WITH_COUNTERS ? SNNRT_OK : SNNRT_ERROR_KERNEL_MISSING) ||
        snnrt_network_set_trace(&network, nothing, NULL) !=
            (SNNRT_WITH_TRACE ? SNNRT_OK : SNNRT_ERROR_KERNEL_MISSING) ||
        snnrt_network_record_health(&network, &health) !=
            (SNNRT_WITH_HEALTH ? SNNRT_OK : SNNRT_ERROR_KERNEL_MISSING) ||
        snnrt_network_adapt(&network, NULL) !=
            (SNNRT_WITH_ADAPTATION ? SNNRT_OK : SNNRT_ERROR_KERNEL_MISSING) ||
        snnrt_network_monitor(&network, NULL, NULL) !=
            (SNNRT_WITH_MONITOR ? SNNRT_ERROR_ARGUMENT : SNNRT_ERROR_KERNEL_MISSING) ||
        (strlen(snnrt_status_text(SNNRT_ERROR_CRC)) != 0) != (SNNRT_WITH_STRINGS != 0) ||
        snnrt_network_run(&network, input, &result) != SNNRT_OK) {
        fprintf(stderr, "the interface differs from what the build has\n");
        return 1;
    }
    printf("runs, class %u\n", (unsigned)result.class_index);
    return 0;
}
