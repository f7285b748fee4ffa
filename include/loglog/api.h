/* What marks a function of the public interface: it is seen from outside the shared library, and C++ finds it. All
 * that has no mark is the library's own and may change with any version. */
#ifndef LOGLOG_API_H
#define LOGLOG_API_H

#if defined(__GNUC__)
#define LL_API __attribute__((visibility("default")))
#else
#define LL_API
#endif

#endif
