#define _POSIX_C_SOURCE 200809L
#include "sweep/asking/rung_log.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/file.h"
#include "base/words/text.h"
#include "sweep/design/rung_places.h"
#include "sweep/sweep.h"

enum { TAIL = 8 << 10, LINE = 400 };

/* One name in a folder, whatever the store says. */
static bool is_name(const char *text) {
    return *text && *text != '.' && !strchr(text, '/');
}

static ll_status log_path(char out[LL_PATH_MAX + 8], const char *store, const ll_run *run, ll_error *err) {
    char files[LL_PATH_MAX], folder[LL_PATH_MAX], rung[LL_PATH_MAX];
    LL_TRY(ll_sweep_files(files, store, err));
    LL_TRY(ll_file_join(folder, files, run->ladder, err));
    LL_TRY(ll_rung_out(rung, folder, run->name, err));
    snprintf(out, LL_PATH_MAX + 8, "%s.log", rung);
    return LL_OK;
}

/* The last bytes of the file from a whole line on; "" where there is none. */
static void read_tail(const char *path, char text[TAIL + 1]) {
    struct stat st;
    int fd;
    *text = 0;
    if (ll_file_open_read(&fd, path, NULL) != LL_OK) return;
    if (fstat(fd, &st) == 0) {
        const off_t begin = st.st_size > TAIL ? st.st_size - TAIL : 0;
        const ssize_t n = pread(fd, text, TAIL, begin);
        text[n > 0 ? n : 0] = 0;
        for (ssize_t i = 0; i < n; i++)
            if (!text[i]) text[i] = ' ';
        const char *line = begin ? strchr(text, '\n') : NULL;
        if (line) memmove(text, line + 1, strlen(line));
    }
    close(fd);
}

static ll_json *shown(char *line) {
    char seen[LINE];
    const size_t n = strlen(line);
    if (n && line[n - 1] == '\r') line[n - 1] = 0;
    const char *over = strrchr(line, '\r');
    return ll_json_str(ll_text_visible(over ? over + 1 : line, seen, sizeof seen));
}

ll_json *ll_rung_log(const char *store, const ll_run *run) {
    ll_json *list = ll_json_array();
    char path[LL_PATH_MAX + 8], text[TAIL + 1], *from = text;
    int lines = 0;
    if (!is_name(run->ladder) || !is_name(run->name) || log_path(path, store, run, NULL) != LL_OK) return list;
    read_tail(path, text);
    for (char *at = text + strlen(text); at > text; at--)
        if (at[-1] == '\n' && *at && ++lines == LL_RUNG_LOG_LINES) {
            from = at;
            break;
        }
    for (char *next; *from; from = next) {
        const size_t n = strcspn(from, "\n");
        next = from + n + (from[n] == '\n');
        from[n] = 0;
        ll_json_push(list, shown(from));
    }
    return list;
}
