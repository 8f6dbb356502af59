#include "snnrt_core.h"

#if SNNRT_WITH_FAST_LOOPS
/* Four bits a step: 64 bytes of table instead of 1024. */
static const uint32_t nibble[16] = {0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu,
                                    0x76DC4190u, 0x6B6B51F4u, 0x4DB26158u, 0x5005713Cu,
                                    0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
                                    0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu};

static uint32_t crc_of_byte(uint32_t crc) {
    crc = (crc >> 4) ^ nibble[crc & 15u];
    return (crc >> 4) ^ nibble[crc & 15u];
}
#else
static uint32_t crc_of_byte(uint32_t crc) {
    for (uint32_t bit = 0; bit < 8; bit++) {
        crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return crc;
}
#endif

uint32_t snnrt_model_crc32(const uint8_t *model, size_t first, size_t end, uint32_t crc) {
    crc = ~crc;
    for (size_t i = first; i < end; i++) {
        if (i - offsetof(snnrt_file_header, crc) >= sizeof(uint32_t)) {
            crc ^= model[i];
        }
        crc = crc_of_byte(crc);
    }
    return ~crc;
}
