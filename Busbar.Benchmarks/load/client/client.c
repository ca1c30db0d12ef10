/*
 * Sends one prepared request again and again and counts what comes back: one thread, epoll, HTTP/1.1 kept alive.
 *
 *   client PORT CONNECTIONS COUNT FILE MARK [RATE]     COUNT requests: each connection the next when the last is answered,
 *                                                      or RATE a second over whatever connections are free
 *   client PORT CONNECTIONS hold FILE MARK             one request on each connection, held after its first MARK; prints
 *                                                      HELD and waits for its standard input to end
 *
 * FILE holds head and body of the request, MARK a text to count in the bodies of the answers. The last line is
 *   RESULT good refused failed marks microseconds p50 p99 first50
 * where good answers have status 200, refused any other, failed none; times in microseconds, first50 to the first MARK.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_MAX = 8192, OPENING_AT_ONCE = 64 };
enum phase { IDLE, SENDING, HEAD, BODY, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, LAST_LINE };

struct connection {
    int fd, status, matched, marked;
    enum phase phase;
    size_t sent, held;
    long left, begin;
    struct connection *next_free;
    char head[HEAD_MAX];
};

static char *request, *mark;
static size_t request_length;
static int poller, holding, port;
static long started, wanted, good, refused, failed, marks, held, times_count, firsts_count;
static long *times, *firsts;
static struct connection *free_list;

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

static void watch(struct connection *c, int operation, unsigned events)
{
    struct epoll_event e = { .events = events, .data.ptr = c };
    epoll_ctl(poller, operation, c->fd, &e);
}

static void dial(struct connection *c)
{
    int one = 1;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address)) {
        perror("connect");
        exit(1);
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->phase = IDLE;
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

static void push(struct connection *c)
{
    while (c->sent < request_length) {
        ssize_t n = send(c->fd, request + c->sent, request_length - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
            break; /* full, or dead: then reading tells */
        c->sent += (size_t)n;
    }
    if (c->sent == request_length) {
        if (c->phase == SENDING)
            watch(c, EPOLL_CTL_MOD, EPOLLIN);
        c->phase = HEAD;
    } else if (c->phase != SENDING) {
        c->phase = SENDING;
        watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    }
}

static void begin(struct connection *c)
{
    started++;
    c->sent = c->held = 0;
    c->matched = c->marked = 0;
    c->begin = now();
    push(c);
}

static void rest(struct connection *c)
{
    c->phase = IDLE;
    c->next_free = free_list;
    free_list = c;
}

static void count_marks(struct connection *c, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        c->matched = bytes[i] == mark[c->matched] ? c->matched + 1 : bytes[i] == mark[0];
        if (mark[c->matched])
            continue;
        c->matched = 0;
        marks++;
        if (!c->marked++) {
            held++;
            if (firsts_count < wanted)
                firsts[firsts_count++] = now() - c->begin;
        }
    }
}

static const char *header(const char *head, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line && line[2]; line = strstr(line + 2, "\r\n"))
        if (!strncasecmp(line + 2, name, n) && line[2 + n] == ':')
            return line + 3 + n + strspn(line + 3 + n, " ");
    return NULL;
}

static void finish(struct connection *c)
{
    if (c->status == 200) {
        good++;
        if (times_count < wanted)
            times[times_count++] = now() - c->begin;
    } else
        refused++;
    rest(c);
}

/* Takes the bytes of one answer. Returns 0 when they are not HTTP. */
static int take(struct connection *c, const char *bytes, size_t length)
{
    size_t at = 0;
    while (at < length) {
        if (c->phase == HEAD || c->phase == SENDING) {
            if (c->held == HEAD_MAX - 1)
                return 0;
            c->head[c->held++] = bytes[at++];
            if (c->held < 4 || memcmp(c->head + c->held - 4, "\r\n\r\n", 4))
                continue;
            c->head[c->held - 2] = 0;
            c->status = atoi(c->head + 9);
            const char *size = header(c->head, "content-length");
            c->left = size ? atol(size) : 0;
            c->phase = size ? BODY : CHUNK_SIZE;
            c->held = 0;
            if (size && c->left == 0)
                finish(c);
        } else if (c->phase == BODY || c->phase == CHUNK_DATA) {
            size_t n = length - at < (size_t)c->left ? length - at : (size_t)c->left;
            count_marks(c, bytes + at, n);
            at += n;
            c->left -= (long)n;
            if (c->left == 0 && c->phase == BODY)
                finish(c);
            else if (c->left == 0)
                c->phase = CHUNK_END;
        } else if (c->phase == CHUNK_SIZE) {
            const char *digits = "0123456789abcdef", *digit = memchr(digits, bytes[at] | 32, 16);
            if (bytes[at] == '\n')
                c->phase = c->left ? CHUNK_DATA : LAST_LINE;
            else if (digit && bytes[at] != '\r')
                c->left = c->left * 16 + (digit - digits);
            at++;
        } else if (c->phase == CHUNK_END || c->phase == LAST_LINE) {
            if (bytes[at++] != '\n')
                continue;
            if (c->phase == LAST_LINE)
                finish(c);
            else
                c->phase = CHUNK_SIZE;
        } else
            return 0;
    }
    return 1;
}

static void receive(struct connection *c)
{
    static char bytes[262144];
    ssize_t n = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n > 0 && take(c, bytes, (size_t)n))
        return;
    if (c->phase != IDLE) {
        failed++;
        rest(c);
    } else if (holding) {
        close(c->fd);
        return;
    }
    close(c->fd);
    dial(c);
}

static int ascending(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;
    return x < y ? -1 : x > y;
}

static long percentile(long *values, long count, int percent)
{
    qsort(values, (size_t)count, sizeof *values, ascending);
    return count ? values[(count - 1) * percent / 100] : 0;
}

static void hold(void)
{
    printf("HELD %ld of %ld\n", held, wanted);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    exit(0);
}

static void load_request(const char *path)
{
    FILE *file = must(fopen(path, "rb"));
    fseek(file, 0, SEEK_END);
    request_length = (size_t)ftell(file);
    rewind(file);
    request = must(malloc(request_length));
    if (fread(request, 1, request_length, file) != request_length)
        exit(1);
    fclose(file);
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: client PORT CONNECTIONS COUNT|hold FILE MARK [RATE]\n");
        return 2;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    port = atoi(argv[1]);
    long connections = atol(argv[2]), opened = 0;
    holding = !strcmp(argv[3], "hold");
    wanted = holding ? connections : atol(argv[3]);
    load_request(argv[4]);
    mark = argv[5];
    double every = argc > 6 ? 1e6 / atof(argv[6]) : 0;
    times = must(calloc((size_t)wanted, sizeof *times));
    firsts = must(calloc((size_t)wanted, sizeof *firsts));
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event ready[256];
    for (; !holding && opened < connections; opened++) {
        struct connection *c = must(calloc(1, sizeof *c));
        dial(c);
        rest(c);
    }
    long start = now();
    while (good + refused + failed < wanted) {
        while (holding && opened < connections && opened - held < OPENING_AT_ONCE) {
            struct connection *c = must(calloc(1, sizeof *c));
            dial(c);
            opened++;
            begin(c);
        }
        if (holding && held + refused + failed >= wanted)
            hold();
        while (!holding && started < wanted && free_list && (!every || (double)(now() - start) >= (double)started * every)) {
            struct connection *c = free_list;
            free_list = c->next_free;
            begin(c);
        }
        int n = epoll_wait(poller, ready, 256, every ? 1 : 10000);
        if (n == 0 && !every) {
            fprintf(stderr, "nothing for ten seconds\n");
            failed += started - good - refused - failed;
            break;
        }
        for (int i = 0; i < n; i++) {
            struct connection *c = ready[i].data.ptr;
            if (ready[i].events & EPOLLOUT && c->phase == SENDING)
                push(c);
            if (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                receive(c);
        }
    }
    long spent = now() - start;
    if (holding)
        hold();
    printf("RESULT %ld %ld %ld %ld %ld %ld %ld %ld\n", good, refused, failed, marks, spent,
        percentile(times, times_count, 50), percentile(times, times_count, 99), percentile(firsts, firsts_count, 50));
    return 0;
}
