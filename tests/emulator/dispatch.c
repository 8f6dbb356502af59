/* Runs two steps of 0.snnrt, 1.snnrt, ... with silent inputs, and writes the ticks of each second step, after those
 * of nothing, to ticks.bin (u32). Linked with no_kernels.c in place of the kernels. */
#include "board.h"
#include "snnrt.h"

static uint64_t model[16384], arena[1024], input[64];
static snnrt_network network;

int main(void);
int main(void) {
    int32_t output = board_open("ticks.bin", "wb");
    uint32_t ticks;
    board_start_counter();
    ticks = board_ticks();
    board_write(output, &ticks, sizeof ticks);
    for (char place = '0'; place <= '9'; place++) {
        char name[] = "0.snnrt";
        snnrt_result result;
        int32_t file;
        uint32_t bytes;
        name[0] = place;
        file = board_open(name, "rb");
        if (file < 0) {
            break;
        }
        bytes = board_read(file, model, sizeof model);
        board_close(file);
        if (snnrt_network_init(&network, model, bytes, arena, sizeof arena, NULL) != SNNRT_OK ||
            snnrt_network_step(&network, input, &result) != SNNRT_OK) {
            return 1;
        }
        board_start_counter();
        if (snnrt_network_step(&network, input, &result) != SNNRT_OK) {
            return 1;
        }
        ticks = board_ticks();
        board_write(output, &ticks, sizeof ticks);
    }
    return 0;
}
