/* What the mock provider says, in each of the six protocols. Everything is prepared once and then only copied. */
#ifndef PROTOCOLS_H
#define PROTOCOLS_H

#include <stddef.h>

enum protocol { OPENAI, ANTHROPIC, GEMINI, BEDROCK, RESPONSES, COHERE, PROTOCOLS };

struct text {
    char *bytes;
    size_t length;
};

void prepare_protocols(void);

/* The protocol a request line asks for, OpenAI's chat completions when it names none, and whether its path asks for a stream. */
enum protocol protocol_of(const char *line, size_t length, int *streams);

/* A whole answer with its head. */
struct text answer_of(enum protocol protocol);

/* The head of a stream and the events before its first delta. */
struct text head_of(enum protocol protocol);

/* One delta, " token"; valid until the next call. */
struct text delta_of(enum protocol protocol, int index);

/* What ends a stream of `count` deltas. */
struct text tail_of(enum protocol protocol, int count);

/* A failure with the given status, head and body; valid until the next call. */
struct text failure_of(int status);

#endif
