#include "snnrt_core.h"

#if !SNNRT_LONG_PRODUCTS
/* By halves of 16 bits. */
SNNRT_NOINLINE uint64_t snnrt_product(uint32_t a, uint32_t b) {
    uint32_t low = (a & 0xFFFFu) * (b & 0xFFFFu);
    uint32_t middle = (a >> 16) * (b & 0xFFFFu) + (low >> 16);
    uint32_t other = (a & 0xFFFFu) * (b >> 16) + (middle & 0xFFFFu);
    uint32_t high = (a >> 16) * (b >> 16) + (middle >> 16) + (other >> 16);
    return (uint64_t)high << 32 | other << 16 | (low & 0xFFFFu);
}
#else
typedef int snnrt_product_left_out;
#endif
