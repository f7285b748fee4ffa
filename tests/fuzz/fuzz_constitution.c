/* A constitution from any bytes: it is refused with a line, or what it says is a document that reads back to the same
 * hash. A judge of it that needs no model judges any answer. */
#include <stdlib.h>
#include <string.h>

#include "sweep/constitution/constitution.h"

static void read_back(const ll_constitution *c) {
    static ll_constitution again;
    ll_json *doc = ll_constitution_json(c);
    char *text = ll_json_text(doc, false);
    ll_error err = { 0 };
    ll_json_free(doc);
    if (!text || ll_constitution_parse(&again, text, strlen(text), "again", &err) != LL_OK) abort();
    if (strcmp(c->hash, again.hash) != 0) abort();
    free(text);
}

static void judge(const ll_juror_spec *spec, const uint8_t *data, size_t size) {
    const ll_judged of = { { "", 0 }, { (const char *)data, size } };
    ll_judgement said = { -1, 0 };
    ll_error err = { 0 };
    ll_juror *j;
    if (!strcmp(spec->kind, "likelihood") || !strcmp(spec->kind, "learned") || !strcmp(spec->kind, "none")) return;
    if (ll_juror_open(&j, spec, "fuzz", NULL, &err) != LL_OK) abort(); /* it was tried when it was read */
    if (ll_juror_ask(j, &of, 1, &said, &err) == LL_OK) {
        if (!(said.violates >= 0 && said.violates <= 1) || said.from > size) abort();
    } else if (!err.msg[0]) abort(); /* too many steps for this answer */
    ll_juror_close(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static ll_constitution c;
    ll_error err = { 0 };
    if (ll_constitution_parse(&c, (const char *)data, size, "fuzz", &err) != LL_OK) {
        if (!err.msg[0] || strchr(err.msg, '\n')) abort();
        return 0;
    }
    read_back(&c);
    for (int i = 0; i < c.n; i++) judge(&c.principle[i].judge, data, size);
    judge(&c.gold, data, size);
    return 0;
}
