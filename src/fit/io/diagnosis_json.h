/* A diagnosis as part of the document loglog.fit/1. */
#ifndef LL_FIT_IO_DIAGNOSIS_JSON_H
#define LL_FIT_IO_DIAGNOSIS_JSON_H

#include "fit/doubt/diagnosis.h"

/* Adds asymptote, conventions, undertuned, reach and bend to the fit's diagnostics. runs [n] names or NULL. */
void ll_diagnosis_json(const ll_diagnosis *d, const ll_fit *fit, const char *const *runs, ll_json *diagnostics);

#endif
