/* Events that are added at a time. Internal. */
#ifndef SNNRT_EVENT_RUN_H
#define SNNRT_EVENT_RUN_H

#include "../snnrt_kernels.h"

/* Events of one slice, few enough for sums of 16 bits, and where the sums go: to[o] = from[o] + sum. */
typedef struct snnrt_event_run {
    const snnrt_uint32 *position;
    const snnrt_uint32 *end;
    const snnrt_int16 *value;
    uintptr_t weights; /* address of position 0's row, which may lie outside of the array */
    uint32_t outputs;
    const snnrt_int32 *from;
    snnrt_int32 *to;
} snnrt_event_run;

#define SNNRT_RUN_MAX 255u

/* Eight outputs of products at a time in assembler. */
#if defined(__thumb__) && !defined(__thumb2__) && defined(__GNUC__)
#define SNNRT_WITH_THUMB1_SUMS (SNNRT_WITH_INT8 && SNNRT_WITH_FAST_LOOPS)
SNNRT_INTERNAL void snnrt_add_events_to_8(const snnrt_event_run *run, uint32_t output);
#else
#define SNNRT_WITH_THUMB1_SUMS 0
#endif

#endif
