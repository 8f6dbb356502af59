#include "snnrt.h"

const char *snnrt_status_text(snnrt_status status) {
#if SNNRT_WITH_STRINGS
    switch (status) {
#define SNNRT_STATUS_CASE(name, code, text) \
    case SNNRT_##name: \
        return text;
        SNNRT_STATUS_LIST(SNNRT_STATUS_CASE)
#undef SNNRT_STATUS_CASE
    case SNNRT_STATUS_END:
        break;
    }
    return "unknown status";
#else
    (void)status;
    return "";
#endif
}

uint32_t snnrt_version(void) { return (uint32_t)SNNRT_VERSION_MAJOR << 16 | SNNRT_VERSION_MINOR; }
