#pragma once
#include <libpq-fe.h>
// Swift's own module of the C library lacks these two.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

/// Names the thread that calls it, for whoever looks at the process. Variadic, so Swift can't.
static inline void cpostgresql_name_thread(const char *name) {
    prctl(PR_SET_NAME, name);
}
