/* A programme's result (loglog.programme-result/1) as a page and as pictures, from the document alone.
 *
 *     ll_json *doc;
 *     char missing[LL_ERROR_MAX];
 *     LL_TRY(ll_programme_load(&doc, "result.json", err));
 *     LL_TRY(ll_programme_report(doc, "programme.html", missing, err));
 *     LL_TRY(ll_programme_figure(&f, doc, "params", err));
 *     ll_json_free(doc);
 *
 * The document may come from anyone: what is not as docs/schemas/loglog.programme-result.1.json says is refused with
 * one line that names the key, and every text is shown as it is written. The same document gives the same page.
 */
#ifndef LL_REPORT_PROGRAMME_PROGRAMME_H
#define LL_REPORT_PROGRAMME_PROGRAMME_H

#include "base/document/json.h"
#include "report/figure/figure.h"

/* Read and checked. The caller's to free. */
ll_status ll_programme_load(ll_json **out, const char *path, ll_error *err);

/* Of a document that is there already; where names it in the error. What follows wants a document that has passed. */
ll_status ll_programme_check(const ll_json *doc, const char *where, ll_error *err);

/* One HTML file that needs nothing else, written beside and renamed; under a megabyte, but for words: a figure that
 * would not fit is said in words. missing as of ll_report_page. */
ll_status ll_programme_report(const ll_json *doc, const char *path, char missing[LL_ERROR_MAX], ll_error *err);

/* LL_ESTATE: the experiment has no figure. */
ll_status ll_programme_figure(ll_figure **out, const ll_json *doc, const char *experiment, ll_error *err);

#endif
