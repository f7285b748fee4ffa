#define _POSIX_C_SOURCE 200809L
#include "cli/train/demo_text.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

/* A page that only perl-doc has: without that package the folder holds the list of diagnostics alone. */
#define PAGE "/perlop.pod"
#define MANUAL "/usr/share/perl/*/pod" PAGE
#define HEADERS "/usr/include"

void ll_demo_text_find(ll_demo_text *t) {
    glob_t found;
    *t = (ll_demo_text) { .path = HEADERS, .suffix = ".h" };
    t->instead =
        "perl-doc, the text of the demo, is not installed here: it learns from the C headers under " HEADERS
        ", which differ from machine to machine";
    if (glob(MANUAL, 0, NULL, &found) == 0) {
        const char *last = found.gl_pathv[found.gl_pathc - 1]; /* of several versions the newest */
        snprintf(t->path, sizeof t->path, "%.*s", (int)(strlen(last) - strlen(PAGE)), last);
        strcpy(t->suffix, ".pod");
        t->instead = "";
    }
    globfree(&found);
}
