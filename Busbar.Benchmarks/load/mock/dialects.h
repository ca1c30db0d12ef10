/* What the mock provider says, in each of the six dialects. Everything is prepared once and then only copied. */
#ifndef DIALECTS_H
#define DIALECTS_H

#include <stddef.h>

enum dialect { OPENAI, ANTHROPIC, GEMINI, BEDROCK, RESPONSES, COHERE, DIALECTS };

struct text {
    char *bytes;
    size_t length;
};

void prepare_dialects(void);

/* The dialect a request line asks for, OpenAI's chat completions when it names none, and whether its path asks for a stream. */
enum dialect dialect_of(const char *line, size_t length, int *streams);

/* A whole answer with its head. */
struct text answer_of(enum dialect dialect);

/* The head of a stream and the events before its first delta. */
struct text head_of(enum dialect dialect);

/* One delta, " token"; valid until the next call. */
struct text delta_of(enum dialect dialect, int index);

/* What ends a stream of `count` deltas. */
struct text tail_of(enum dialect dialect, int count);

/* A failure with the given status, head and body; valid until the next call. */
struct text failure_of(int status);

#endif
