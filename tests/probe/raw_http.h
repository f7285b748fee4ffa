/* One connection to a server of ours, byte by byte. */
#ifndef LL_TESTS_RAW_HTTP_H
#define LL_TESTS_RAW_HTTP_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/http/http_server.h"
#include "support.h"

static inline int reach(const ll_http_server *to) {
    struct sockaddr_in there = { .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)ll_http_server_port(to)),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const struct timeval patience = { .tv_sec = 60 };
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&there, sizeof there), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static inline bool say(int fd, const char *text, size_t n) {
    while (n) {
        const ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        text += sent;
        n -= (size_t)sent;
    }
    return true;
}

static char answer[1 << 20];

/* Everything until the server closes; the status, or 0 where it sends none. */
static inline int hear(int fd) {
    size_t n = 0;
    ssize_t got;
    int status = 0;
    while (n + 1 < sizeof answer) {
        got = recv(fd, answer + n, sizeof answer - 1 - n, 0);
        if (got < 0 && errno == EINTR) continue; /* a signal is no end */
        if (got <= 0) break;
        n += (size_t)got;
    }
    answer[n] = 0;
    close(fd);
    sscanf(answer, "HTTP/1.%*d %d", &status);
    return status;
}

/* Behind the head of what was heard last. */
static inline const char *body_of(void) {
    const char *at = strstr(answer, "\r\n\r\n");
    return at ? at + 4 : "";
}

#endif
