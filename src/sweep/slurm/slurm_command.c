#define _GNU_SOURCE
#include "sweep/slurm/slurm_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/text.h"
#include "base/words/word.h"

void ll_slurm_absolute(char path[LL_PATH_MAX]) {
    char whole[LL_PATH_MAX];
    if (*path && ll_file_whole(whole, path, NULL) == LL_OK) strcpy(path, whole);
}

/* Of shards only their beginning is a path. */
static ll_status absolute_prefix(char prefix[LL_PATH_MAX], ll_error *err) {
    char folder[LL_PATH_MAX], name[LL_PATH_MAX];
    snprintf(name, sizeof name, "%s", ll_file_name(prefix));
    ll_file_folder(folder, prefix);
    ll_slurm_absolute(folder);
    return ll_file_join(prefix, folder, name, err);
}

static ll_status absolute_list(char list[LL_PATH_MAX], ll_error *err) {
    char out[LL_PATH_MAX] = "", one[LL_PATH_MAX];
    const char *rest = list;
    size_t n;
    for (const char *w; (w = ll_word_next(&rest, ",", &n));) {
        LL_TRY(ll_word_copy(one, sizeof one, w, n, "--waiver", err));
        ll_slurm_absolute(one);
        if (strlen(out) + strlen(one) + 2 > sizeof out) return LL_FAIL(err, LL_EINPUT, "%s: too long", list);
        if (*out) strcat(out, ",");
        strcat(out, one);
    }
    strcpy(list, out);
    return LL_OK;
}

ll_status ll_slurm_command(char *out, size_t size, const char *program, const ll_worker_opts *worker,
                           ll_error *err) {
    char path[LL_PATH_MAX], word[2 * LL_PATH_MAX];
    ll_worker_opts w = *worker;
    ll_worker_line line;
    size_t used = 0;
    strcpy(w.tell, "mailbox");
    ll_slurm_absolute(w.folder), ll_slurm_absolute(w.spec), ll_slurm_absolute(w.policy),
        ll_slurm_absolute(w.evidence);
    LL_TRY(absolute_prefix(w.prefix, err));
    LL_TRY(absolute_list(w.waivers, err));
    ll_worker_command(&w, &line);
    snprintf(path, sizeof path, "%s", program);
    ll_slurm_absolute(path);
    line.argv[0] = path;
    for (int k = 0; line.argv[k]; k++) {
        const char *before = k ? line.argv[k - 1] : "";
        const char *text = !strcmp(before, "--rung")      ? "\"$rung\""
                           : !strcmp(before, "--threads") ? "\"$cpus\""
                                                          : ll_text_quoted(line.argv[k], word, sizeof word);
        if (used + strlen(text) + 2 > size) return LL_FAIL(err, LL_EINPUT, "paths are too long");
        used += (size_t)sprintf(out + used, k ? " %s" : "%s", text);
    }
    return LL_OK;
}
