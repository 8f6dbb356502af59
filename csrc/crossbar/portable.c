/* The kernels of a read in portable C. */
#include "kernels.h"

const snnrt_crossbar_kernels snnrt_crossbar_portable = SNNRT_CROSSBAR_KERNELS;
