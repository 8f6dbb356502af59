#include "snnrt_check.h"

snnrt_status snnrt_fail(const snnrt_check *check, snnrt_status status, size_t expected, size_t found) {
    if (check->fault != NULL) {
        check->fault->node = check->index;
        check->fault->expected = (int64_t)expected;
        check->fault->found = (int64_t)found;
    }
    return status;
}
