#include "../snnrt_kernels.h"

#if SNNRT_WITH_CONCATENATE || SNNRT_WITH_DELAY || SNNRT_WITH_PAD2D || \
    (SNNRT_WITH_MAX_POOL2D && !SNNRT_WITH_FAST_LOOPS)
void snnrt_or_bits(snnrt_uint32 *output, uint32_t to, const snnrt_uint32 *input, uint32_t from,
                   uint32_t count) {
    while (count != 0) {
        uint32_t place = to & 31u, shift = from & 31u;
        uint32_t taken = 32u - place < count ? 32u - place : count;
        uint32_t word = input[from >> 5] >> shift;
        if (shift + taken > 32u) {
            word |= input[(from >> 5) + 1u] << (32u - shift);
        }
        if (taken < 32u) {
            word &= (1u << taken) - 1u;
        }
        output[to >> 5] |= word << place;
        to += taken;
        from += taken;
        count -= taken;
    }
}
#endif

#if SNNRT_WITH_CONCATENATE || SNNRT_WITH_DELAY || SNNRT_WITH_PAD2D
void snnrt_copy_elements(uint32_t type, void *output, uint32_t to, const void *input, uint32_t from,
                         uint32_t count) {
    if (type == SNNRT_TYPE_BITS) {
        snnrt_or_bits((snnrt_uint32 *)output, to, (const snnrt_uint32 *)input, from, count);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (type == SNNRT_TYPE_INT16) {
            ((snnrt_int16 *)output)[to + i] = ((const snnrt_int16 *)input)[from + i];
        } else {
            ((snnrt_uint32 *)output)[to + i] =
                ((const snnrt_uint32 *)input)[from + i]; /* the bits of a float too */
        }
    }
}
#else
typedef int snnrt_copy_elements_left_out;
#endif
