/* 'loglog serve --models' as a child process, over small models that are trained in the test program's folder. */
#ifndef LL_TESTS_SERVING_H
#define LL_TESTS_SERVING_H

#include "scratch_program.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    pid_t pid;
    FILE *said;
    int port;
    char url[64];
} service;

static inline void service_start(void) {
    int ends[2];
    char line[512];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    service.pid = fork();
    assert_true(service.pid >= 0);
    if (service.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        if (chdir(folder) == 0)
            execl("/bin/sh", "sh", "-c", "exec " LL_PROGRAM " serve --models --port 0", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    service.said = fdopen(ends[0], "r");
    assert_non_null(fgets(line, sizeof line, service.said));
    const char *at = strstr(line, "127.0.0.1:");
    if (!at || sscanf(at, "127.0.0.1:%d", &service.port) != 1) fail_msg("it says: %s", line);
    snprintf(service.url, sizeof service.url, "http://127.0.0.1:%d/v1", service.port);
}

static inline void service_stop(void) {
    int status;
    if (service.pid <= 0) return;
    kill(service.pid, SIGTERM);
    assert_int_equal(waitpid(service.pid, &status, 0), service.pid);
    fclose(service.said);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail_msg("the server ended with status %d", status);
}

/* Words of several alphabets, so that a token may hold a part of a character. */
static inline void service_text(void) {
    static const char *const words[] = { "the ",         "cat ",          "says ",
                                         "caf\xc3\xa9 ", "na\xc3\xafve ", "\xe4\xb8\xad\xe6\x96\x87 ",
                                         "12+30=42. ",   "gro\xc3\x9f ",  "\xf0\x9f\x98\x80 ",
                                         "and\n" };
    char path[LL_PATH_MAX];
    snprintf(path, sizeof path, "%.900s/text.txt", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (unsigned i = 0, x = 1; i < 4000; i++) {
        x = x * 1664525u + 1013904223u;
        fputs(words[(x >> 20) % 10], f);
    }
    assert_int_equal(fclose(f), 0);
}

/* A rung of about a second. */
static inline void service_train(const char *name, const char *tokenizer) {
    char spec[512], file[64], path[LL_PATH_MAX], command[80];
    snprintf(spec, sizeof spec,
             "schema: loglog.spec/1\nname: %s\ndata: {text: text.txt, tokenizer: %s}\n"
             "model: {context: 32, widths: [16]}\ntrain: {eval_windows: 16, final_windows: 16}\n"
             "design: {kind: grid, params: [6144], tokens: [30k]}\nforecast: {hold_out: none}\n",
             name, tokenizer);
    snprintf(file, sizeof file, "%.40s.yaml", name);
    support_write(folder, file, spec, strlen(spec), path);
    snprintf(command, sizeof command, "run %s --workers 1", file);
    gives(command, 0);
}

#endif
