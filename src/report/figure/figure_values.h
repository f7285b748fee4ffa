/* What a figure holds, as a document: for who draws it anew, such as the live page.
 *
 *     {"title": "..", "panels": [{"x": {"label": "N", "unit": "parameters", "log": true, "counts": true, "hidden": false,
 *       "range": [1e6, 1e9]}, "y": {..}, "right": null, "shade": null, "notes": [{"text": "..", "x": null, "y": null,
 *       "corner": true}], "series": [{"kind": "points", "label": "runs", "colour": "blue", "marker": "circle",
 *       "dash": "solid", "size": 1, "opacity": 0.18, "shade": null, "name": "", "end": "", "x": [..], "y": [..],
 *       "lo": [..], "hi": [..], "shades": [..], "names": [..], "runs": [..]}]}]}
 *
 * "right" is the y axis in another unit, with "scale"; "shade" the scale of what is coloured by a number. "lo", "hi",
 * "shades", "names" and "runs" are absent where no mark of the series has one.
 */
#ifndef LL_REPORT_FIGURE_FIGURE_VALUES_H
#define LL_REPORT_FIGURE_FIGURE_VALUES_H

#include "base/document/json.h"
#include "report/figure/figure.h"

/* *out is the caller's to free. LL_EINPUT where nothing can be shown, as of ll_figure_draw. */
ll_status ll_figure_values(ll_json **out, const ll_figure *f, ll_error *err);

#endif
