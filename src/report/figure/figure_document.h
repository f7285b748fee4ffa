/* Figures out of documents: panels of series, as a programme's result holds them.
 *
 *     {"title": "..", "published": "Kaplan et al. (2020), figure 1", "panels": [
 *       {"x": "parameters", "y": "loss, nats per token", "log_x": true, "log_y": true, "series": [
 *         {"label": "runs", "kind": "points", "shade": null, "x": [..], "y": [..], "se": [..]}]}]}
 *
 * Kinds: points, with bars of 90 % where se is given; line; dashed, whose label is written into the panel where it is
 * an equation; faint, which stands behind. A series with a shade from 0 to 1 takes its colour from a scale, the others
 * from the order of their labels, the same in every panel. "shade": {"label", "lo", "hi"} beside the panels says what
 * 0 and 1 stand for, in powers between, and puts the scale above the first panel; without it the legend names the
 * shaded series, and it has room for 24 labels in all. Panels whose "y" and "log_y" are the same share their range; a
 * panel's "title", where it has one, is written into it.
 */
#ifndef LL_REPORT_FIGURE_FIGURE_DOCUMENT_H
#define LL_REPORT_FIGURE_FIGURE_DOCUMENT_H

#include "base/document/json_shape.h"
#include "report/figure/figure.h"

extern const ll_json_shape ll_figure_shape[];

/* Of a document of that shape. LL_EFORMAT, with its place below where ("result.json: experiments.n.figure"): arrays of
 * a series that differ in length. */
ll_status ll_figure_of_document(ll_figure **out, const ll_json *figure, const char *where, ll_error *err);

#endif
