/*
 * A mock provider cheap enough not to be what is measured: one thread, epoll, answers prepared at start.
 *
 *   upstream PORT DELTAS PACE_US
 *
 * Each path is answered in the protocol it belongs to, see protocols.h. A request for a stream gets DELTAS deltas, PACE_US
 * apart (0: as fast as the socket takes them). Segments in front of the path change that for one request:
 *
 *   /d=N  so many deltas               /w=US  wait before the answer        /e=STATUS  fail with this status
 *   /p=US so far apart                 /i=N   fall silent after N deltas    /x=N       close after N deltas (0: at once)
 *
 * A body that holds "user":"fails" is answered with status 500.
 *
 * GET /count tells how many requests were answered. Bodies are scanned as they come and never kept, so their size does
 * not matter.
 */
#define _GNU_SOURCE
#include "protocols.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_MAX = 32768, OUT_ENOUGH = 65536 };
enum phase { HEAD, BODY, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, WAITING, STREAMING, BROKEN };

struct wishes {
    long deltas, pace, wait, status, silent, cut;
};

struct connection {
    int fd, writable_wanted, counting, streams, fails, sent, matched, matched_fails, closing, listed;
    enum protocol protocol;
    enum phase phase;
    struct wishes wishes;
    long left;               /* body bytes still to come: of the body, or of this chunk */
    long line;               /* characters on the current trailer line */
    long next;               /* when the next event is due, microseconds */
    size_t held;             /* bytes in `input` */
    char *out;
    size_t out_start, out_end, out_size;
    struct connection *previous, *following; /* among those that wait for their time */
    char input[HEAD_MAX];
};

static struct connection *waiting;
static int poller;
static struct wishes usual;
static long answered;

static long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static void *must(void *p)
{
    if (!p) {
        perror("memory");
        exit(1);
    }
    return p;
}

static void put_bytes(struct connection *c, const char *bytes, size_t length)
{
    if (c->out_end + length > c->out_size) {
        memmove(c->out, c->out + c->out_start, c->out_end - c->out_start);
        c->out_end -= c->out_start;
        c->out_start = 0;
        while (c->out_end + length > c->out_size)
            c->out_size = c->out_size ? c->out_size * 2 : 4096;
        c->out = must(realloc(c->out, c->out_size));
    }
    memcpy(c->out + c->out_end, bytes, length);
    c->out_end += length;
}

static void put(struct connection *c, struct text text)
{
    put_bytes(c, text.bytes, text.length);
}

static void want(struct connection *c, int writable)
{
    if (c->writable_wanted == writable)
        return;
    c->writable_wanted = writable;
    struct epoll_event e = { .events = EPOLLIN | (writable ? EPOLLOUT : 0), .data.ptr = c };
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e);
}

static void unlist(struct connection *c)
{
    if (!c->listed)
        return;
    if (c->previous)
        c->previous->following = c->following;
    else
        waiting = c->following;
    if (c->following)
        c->following->previous = c->previous;
    c->previous = c->following = NULL;
    c->listed = 0;
}

static void enlist(struct connection *c, long due)
{
    c->next = due;
    c->following = waiting;
    if (waiting)
        waiting->previous = c;
    waiting = c;
    c->listed = 1;
}

static void drop(struct connection *c)
{
    unlist(c);
    close(c->fd);
    free(c->out);
    free(c);
}

static void next_event(struct connection *c)
{
    if (c->wishes.cut >= 0 && c->sent >= c->wishes.cut) {
        c->phase = BROKEN;
        return;
    }
    put(c, delta_of(c->protocol, c->sent++));
    if (c->sent < c->wishes.deltas)
        return;
    put(c, tail_of(c->protocol, c->sent));
    unlist(c);
    c->phase = HEAD;
}

/* Makes events as long as there is room for them, when they are not paced. */
static void pump(struct connection *c)
{
    while (c->phase == STREAMING && c->wishes.pace == 0 && c->sent != c->wishes.silent && c->out_end - c->out_start < OUT_ENOUGH)
        next_event(c);
}

/* Returns 0 when the connection is to be dropped. */
static int flush(struct connection *c)
{
    for (pump(c); c->out_start < c->out_end; pump(c)) {
        ssize_t n = send(c->fd, c->out + c->out_start, c->out_end - c->out_start, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            return 0;
        if (n < 0) {
            want(c, 1);
            return 1;
        }
        c->out_start += (size_t)n;
    }
    c->out_start = c->out_end = 0;
    want(c, 0);
    return c->phase != BROKEN && !(c->closing && c->phase == HEAD);
}

static void answer(struct connection *c)
{
    c->phase = HEAD;
    if (c->counting) {
        char text[160], number[32];
        int n = snprintf(number, sizeof number, "%ld", answered);
        put_bytes(c, text, (size_t)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", n, number));
        return;
    }
    answered++;
    if (c->wishes.status || c->fails) {
        put(c, failure_of(c->wishes.status ? (int)c->wishes.status : 500));
        return;
    }
    if (!c->streams) {
        if (c->wishes.cut == 0)
            c->phase = BROKEN;
        else
            put(c, answer_of(c->protocol));
        return;
    }
    put(c, head_of(c->protocol));
    c->phase = STREAMING;
    c->sent = 0;
    next_event(c);
    if (c->phase == STREAMING && c->wishes.pace && c->sent != c->wishes.silent)
        enlist(c, now() + c->wishes.pace);
}

static void complete(struct connection *c)
{
    if (c->wishes.wait == 0) {
        answer(c);
        return;
    }
    c->phase = WAITING;
    enlist(c, now() + c->wishes.wait);
}

/* Reads the segments NAME=NUMBER in front of a path. */
static struct wishes wishes_of(const char *line)
{
    struct wishes w = usual;
    for (const char *at = strchr(line, '/'); at && at[1] && at[2] == '='; at = strchr(at + 1, '/')) {
        long value = atol(at + 3);
        switch (at[1]) {
        case 'd': w.deltas = value; break;
        case 'p': w.pace = value; break;
        case 'w': w.wait = value; break;
        case 'e': w.status = value; break;
        case 'i': w.silent = value; break;
        case 'x': w.cut = value; break;
        }
    }
    return w;
}

/* Looks for `pattern`, spaces in its second half allowed, across the borders of reads. Returns whether it was there, `matched` is where it stands. */
static int find(const char *pattern, int *matched, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char b = bytes[i];
        if ((b == ' ' || b == '\n') && *matched >= 8)
            continue;
        *matched = b == pattern[*matched] ? *matched + 1 : b == '"';
        if (!pattern[*matched])
            return 1;
    }
    return 0;
}

/* What a body says about its answer. */
static void scan(struct connection *c, const char *bytes, size_t length)
{
    c->streams = c->streams || find("\"stream\":true", &c->matched, bytes, length);
    c->fails = c->fails || find("\"user\":\"fails\"", &c->matched_fails, bytes, length);
}

/* The value of a header in a terminated head, or NULL. */
static const char *header(const char *head, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line && line[2]; line = strstr(line + 2, "\r\n"))
        if (!strncasecmp(line + 2, name, n) && line[2 + n] == ':')
            return line + 3 + n + strspn(line + 3 + n, " ");
    return NULL;
}

/* Takes one head from the front of the input. Returns bytes taken, 0 when it is incomplete, -1 when it is too long. */
static long take_head(struct connection *c, const char *bytes, size_t length)
{
    char *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end)
        return length == HEAD_MAX ? -1 : 0;
    long taken = end - bytes + 4;
    char saved = end[2];
    end[2] = 0;
    const char *line_end = strstr(bytes, "\r\n");
    size_t line = (size_t)(line_end - bytes);
    c->wishes = wishes_of(bytes);
    c->protocol = protocol_of(bytes, line, &c->streams);
    c->counting = memmem(bytes, line, " /count ", 8) != NULL;
    c->matched = c->matched_fails = c->fails = 0;
    const char *coding = header(bytes, "transfer-encoding"), *size = header(bytes, "content-length");
    const char *expect = header(bytes, "expect"), *connection = header(bytes, "connection");
    c->left = size ? atol(size) : 0;
    c->phase = coding && !strncasecmp(coding, "chunked", 7) ? CHUNK_SIZE : BODY;
    if (connection && !strncasecmp(connection, "close", 5))
        c->closing = 1;
    if (expect)
        put_bytes(c, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    if (c->phase == CHUNK_SIZE)
        c->left = 0;
    end[2] = saved;
    return taken;
}

/* Consumes what it can. Returns bytes consumed, -1 on a request that is not HTTP. */
static long consume(struct connection *c, const char *bytes, size_t length)
{
    size_t at = 0;
    for (;;) {
        if (c->phase >= WAITING)
            return (long)at;
        if (c->phase == BODY && c->left == 0) {
            complete(c);
            continue;
        }
        if (at == length)
            return (long)at;
        if (c->phase == HEAD) {
            long taken = take_head(c, bytes + at, length - at);
            if (taken <= 0)
                return taken < 0 ? -1 : (long)at;
            at += (size_t)taken;
        } else if (c->phase == BODY || c->phase == CHUNK_DATA) {
            size_t n = length - at < (size_t)c->left ? length - at : (size_t)c->left;
            scan(c, bytes + at, n);
            at += n;
            c->left -= (long)n;
            if (c->phase == CHUNK_DATA && c->left == 0)
                c->phase = CHUNK_END;
        } else {
            char b = bytes[at++];
            if (c->phase == CHUNK_SIZE) {
                const char *digits = "0123456789abcdef", *digit = b ? strchr(digits, b | 32) : NULL;
                if (digit && b != '\r' && b != '\n')
                    c->left = c->left * 16 + (digit - digits);
                else if (b == '\n') {
                    c->phase = c->left ? CHUNK_DATA : TRAILER;
                    c->line = 0;
                }
            } else if (c->phase == CHUNK_END) {
                if (b == '\n')
                    c->phase = CHUNK_SIZE;
            } else if (b == '\n') {
                if (c->line == 0) {
                    c->phase = BODY;
                    c->left = 0;
                }
                c->line = 0;
            } else if (b != '\r')
                c->line++;
        }
    }
}

/* Returns 0 when the connection is to be dropped. */
static int advance(struct connection *c)
{
    long used = consume(c, c->input, c->held);
    if (used < 0)
        return 0;
    memmove(c->input, c->input + used, c->held - (size_t)used);
    c->held -= (size_t)used;
    return 1;
}

static int receive(struct connection *c)
{
    for (;;) {
        if (c->held == sizeof c->input)
            return c->phase >= WAITING; /* pipelined behind a stream: wait for its end */
        ssize_t n = recv(c->fd, c->input + c->held, sizeof c->input - c->held, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        if (n == 0)
            return 0;
        int more = (size_t)n == sizeof c->input - c->held;
        c->held += (size_t)n;
        if (!advance(c))
            return 0;
        if (!more)
            return 1;
    }
}

static void accept_all(int listener)
{
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct connection *c = must(calloc(1, sizeof *c));
        c->fd = fd;
        struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
    }
}

static void run_due(void)
{
    long t = now();
    for (struct connection *c = waiting, *following; c; c = following) {
        following = c->following;
        if (t < c->next)
            continue;
        if (c->phase == WAITING) {
            unlist(c);
            answer(c);
        } else {
            c->next += c->wishes.pace;
            next_event(c);
            if (c->sent == c->wishes.silent)
                unlist(c);
        }
        if ((c->phase == HEAD && !advance(c)) || !flush(c))
            drop(c);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: upstream PORT DELTAS PACE_US\n");
        return 2;
    }
    usual = (struct wishes){ .deltas = atol(argv[2]), .pace = atol(argv[3]), .silent = -1, .cut = -1 };
    signal(SIGPIPE, SIG_IGN);
    prepare_protocols();
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) {
        perror("listen");
        return 1;
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = { .events = EPOLLIN }, ready[256];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &e);
    for (;;) {
        int n = epoll_wait(poller, ready, 256, waiting ? 1 : -1);
        for (int i = 0; i < n; i++) {
            struct connection *c = ready[i].data.ptr;
            if (!c) {
                accept_all(listener);
                continue;
            }
            int alive = !(ready[i].events & EPOLLERR);
            if (alive && ready[i].events & (EPOLLIN | EPOLLHUP))
                alive = receive(c);
            if (!alive || !flush(c))
                drop(c);
        }
        run_due();
    }
}
