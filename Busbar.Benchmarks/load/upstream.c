/*
 * A mock provider cheap enough not to be what is measured: one thread, epoll, answers prepared at start.
 *
 *   upstream PORT DELTAS PACE_US
 *
 * A path that contains "/messages" is answered as Anthropic does, every other as OpenAI's chat completions. A body with
 * "stream": true gets DELTAS events, PACE_US apart (0: as fast as the socket takes them). GET /count tells how many
 * requests were answered. Bodies are scanned as they come and never kept, so their size does not matter.
 */
#define _GNU_SOURCE
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
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_MAX = 32768, OPENAI = 0, ANTHROPIC = 1 };
enum phase { HEAD, BODY, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, STREAMING };

struct connection {
    int fd, writable_wanted, dialect, counting, streams, sent, matched, closing;
    enum phase phase;
    long left;               /* body bytes still to come: of the body, or of this chunk */
    long line;               /* characters on the current trailer line */
    long next;               /* when the next event is due, microseconds */
    size_t held;             /* bytes in `input` */
    char *out;
    size_t out_start, out_end, out_size;
    struct connection *previous, *following; /* among the streaming ones */
    char input[HEAD_MAX];
};

static struct { char *bytes; size_t length; } answers[2], heads[2], deltas[2], tails[2];
static struct connection *streaming;
static int poller, delta_count;
static long pace, answered;

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

static void put(struct connection *c, const char *bytes, size_t length)
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

static void want(struct connection *c, int writable)
{
    if (c->writable_wanted == writable)
        return;
    c->writable_wanted = writable;
    struct epoll_event e = { .events = EPOLLIN | (writable ? EPOLLOUT : 0), .data.ptr = c };
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e);
}

/* Returns 0 when the peer is gone. */
static int flush(struct connection *c)
{
    while (c->out_start < c->out_end) {
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
    return !(c->closing && c->phase == HEAD);
}

static void leave_streaming(struct connection *c)
{
    if (c->previous)
        c->previous->following = c->following;
    else if (streaming == c)
        streaming = c->following;
    if (c->following)
        c->following->previous = c->previous;
    c->previous = c->following = NULL;
}

static void drop(struct connection *c)
{
    leave_streaming(c);
    close(c->fd);
    free(c->out);
    free(c);
}

static void next_event(struct connection *c)
{
    put(c, deltas[c->dialect].bytes, deltas[c->dialect].length);
    if (++c->sent < delta_count)
        return;
    put(c, tails[c->dialect].bytes, tails[c->dialect].length);
    leave_streaming(c);
    c->phase = HEAD;
}

static void answer(struct connection *c)
{
    c->phase = HEAD;
    if (c->counting) {
        char text[160], number[32];
        int n = snprintf(number, sizeof number, "%ld", answered);
        put(c, text, (size_t)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", n, number));
        return;
    }
    answered++;
    if (!c->streams) {
        put(c, answers[c->dialect].bytes, answers[c->dialect].length);
        return;
    }
    put(c, heads[c->dialect].bytes, heads[c->dialect].length);
    c->phase = STREAMING;
    c->sent = 0;
    c->previous = NULL;
    c->following = streaming;
    if (streaming)
        streaming->previous = c;
    streaming = c;
    next_event(c);
    while (pace == 0 && c->phase == STREAMING)
        next_event(c);
    c->next = now() + pace;
}

/* Looks for "stream":true, spaces allowed, across the borders of reads. */
static void scan(struct connection *c, const char *bytes, size_t length)
{
    static const char pattern[] = "\"stream\":true";
    for (size_t i = 0; i < length && !c->streams; i++) {
        char b = bytes[i];
        if ((b == ' ' || b == '\n') && c->matched >= 8)
            continue;
        c->matched = b == pattern[c->matched] ? c->matched + 1 : b == '"';
        c->streams = c->matched == (int)sizeof pattern - 1;
    }
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
    c->dialect = memmem(bytes, line, "/messages", 9) ? ANTHROPIC : OPENAI;
    c->counting = memmem(bytes, line, " /count ", 8) != NULL;
    c->streams = c->matched = 0;
    const char *coding = header(bytes, "transfer-encoding"), *size = header(bytes, "content-length");
    const char *expect = header(bytes, "expect"), *connection = header(bytes, "connection");
    c->left = size ? atol(size) : 0;
    c->phase = coding && !strncasecmp(coding, "chunked", 7) ? CHUNK_SIZE : BODY;
    if (connection && !strncasecmp(connection, "close", 5))
        c->closing = 1;
    if (expect)
        put(c, "HTTP/1.1 100 Continue\r\n\r\n", 25);
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
        if (c->phase == STREAMING)
            return (long)at;
        if (c->phase == BODY && c->left == 0) {
            answer(c);
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
            return c->phase == STREAMING; /* pipelined behind a stream: wait for its end */
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

static char *chunked(const char *payload)
{
    char *text;
    if (asprintf(&text, "%zx\r\n%s\r\n", strlen(payload), payload) < 0)
        exit(1);
    return text;
}

static void keep(void *slot, int dialect, char *text)
{
    struct { char *bytes; size_t length; } *table = slot;
    table[dialect].bytes = must(text);
    table[dialect].length = strlen(text);
}

static char *json(const char *body)
{
    char *text;
    if (asprintf(&text, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: req_0123456789\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body) < 0)
        exit(1);
    return text;
}

static char *join(const char *a, const char *b)
{
    char *text;
    if (asprintf(&text, "%s%s", a, b) < 0)
        exit(1);
    return text;
}

#define PROSE "Hello there, how are you today? Hello there, how are you today? Hello there, how are you today? Hello there, how are you today? " \
              "Hello there, how are you today? Hello there, how are you today? Hello there, how are you today? Hello there, how are you today? "
#define STREAM_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
#define CHUNK "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"mock\",\"choices\":[{\"index\":0,\"delta\":"

static void prepare(void)
{
    keep(answers, OPENAI, json("{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"mock\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" PROSE "\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":240,\"completion_tokens\":64,\"total_tokens\":304},\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0\"}"));
    keep(answers, ANTHROPIC, json("{\"id\":\"msg_01\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"mock\",\"content\":[{\"type\":\"text\",\"text\":\"" PROSE "\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":240,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":64}}"));
    keep(heads, OPENAI, join(STREAM_HEAD, chunked("data: " CHUNK "{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n")));
    keep(deltas, OPENAI, chunked("data: " CHUNK "{\"content\":\" token\"},\"finish_reason\":null}]}\n\n"));
    keep(tails, OPENAI, join(chunked("data: " CHUNK "{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"), "0\r\n\r\n"));
    keep(heads, ANTHROPIC, join(STREAM_HEAD, chunked(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_01\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"mock\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":240,\"output_tokens\":1}}}\n\n"
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n")));
    keep(deltas, ANTHROPIC, chunked("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" token\"}}\n\n"));
    keep(tails, ANTHROPIC, join(chunked(
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":64}}\n\n"
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"), "0\r\n\r\n"));
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

static void run_streams(void)
{
    long t = now();
    for (struct connection *c = streaming, *following; c; c = following) {
        following = c->following;
        if (t < c->next)
            continue;
        c->next += pace;
        next_event(c);
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
    delta_count = atoi(argv[2]);
    pace = atol(argv[3]);
    signal(SIGPIPE, SIG_IGN);
    prepare();
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
        int n = epoll_wait(poller, ready, 256, streaming ? 1 : -1);
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
        run_streams();
    }
}
