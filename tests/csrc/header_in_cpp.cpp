// The public headers in C++, linked with the core: firmware in C++ includes them as they are.
#include "host/snnrt_host.h"
#include "snnrt.h"

int main() {
    snnrt_network network;
    snnrt_result result;
    return snnrt_network_init(&network, nullptr, 0, nullptr, 0, nullptr) == SNNRT_ERROR_NULL &&
                   snnrt_network_run(&network, nullptr, &result) == SNNRT_ERROR_NOT_INITIALISED &&
                   snnrt_host_kernel_runs(0)
               ? 0
               : 1;
}
