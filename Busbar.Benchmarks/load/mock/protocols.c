#define _GNU_SOURCE
#include "protocols.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROSE "Hello there, how are you today? Hello there, how are you today? Hello there, how are you today? Hello there, how are you today? " \
              "Hello there, how are you today? Hello there, how are you today? Hello there, how are you today? Hello there, how are you today? "
#define TOKEN " token"
#define EVENT(name, json) "event: " name "\ndata: {\"type\":\"" name "\"" json "}\n\n"
#define OPENAI_CHUNK(rest) "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"mock\",\"choices\":[{\"index\":0," rest "}]}\n\n"
#define GEMINI_CHUNK(text, finish) \
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"" text "\"}],\"role\":\"model\"}," finish "\"index\":0}]," \
    "\"usageMetadata\":{\"promptTokenCount\":240,\"candidatesTokenCount\":64,\"totalTokenCount\":304},\"modelVersion\":\"mock\",\"responseId\":\"lEyWacO7E4ma\"}\r\n\r\n"
#define RESPONSE(status, output, usage) \
    "{\"id\":\"resp_01\",\"object\":\"response\",\"created_at\":1700000000,\"status\":\"" status "\",\"background\":false,\"error\":null,\"incomplete_details\":null," \
    "\"instructions\":null,\"max_output_tokens\":64,\"model\":\"mock\",\"output\":" output ",\"parallel_tool_calls\":true,\"previous_response_id\":null," \
    "\"reasoning\":{\"effort\":null,\"summary\":null},\"service_tier\":\"default\",\"store\":true,\"temperature\":1.0,\"text\":{\"format\":{\"type\":\"text\"}}," \
    "\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":1.0,\"truncation\":\"disabled\",\"usage\":" usage ",\"user\":null,\"metadata\":{}}"
#define RESPONSE_USAGE "{\"input_tokens\":240,\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":64,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":304}"
#define RESPONSE_PART(text) "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"" text "\"}"
#define RESPONSE_ITEM(status, content) "{\"id\":\"msg_01\",\"type\":\"message\",\"status\":\"" status "\",\"content\":[" content "],\"role\":\"assistant\"}"

static const char *paths[PROTOCOLS] = {
    [ANTHROPIC] = "/v1/messages", [GEMINI] = "enerateContent", [BEDROCK] = "/converse", [RESPONSES] = "/v1/responses", [COHERE] = "/v2/chat",
};

static const char *bodies[PROTOCOLS] = {
    [OPENAI] = "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"mock\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" PROSE "\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":240,\"completion_tokens\":64,\"total_tokens\":304},\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0\"}",
    [ANTHROPIC] = "{\"id\":\"msg_01\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"mock\",\"content\":[{\"type\":\"text\",\"text\":\"" PROSE "\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":240,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":64}}",
    [GEMINI] = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"" PROSE "\"}],\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":240,\"candidatesTokenCount\":64,\"totalTokenCount\":304},\"modelVersion\":\"mock\",\"responseId\":\"lEyWacO7E4ma\"}",
    [BEDROCK] = "{\"metrics\":{\"latencyMs\":560},\"output\":{\"message\":{\"content\":[{\"text\":\"" PROSE "\"}],\"role\":\"assistant\"}},\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":240,\"outputTokens\":64,\"totalTokens\":304}}",
    [RESPONSES] = RESPONSE("completed", "[" RESPONSE_ITEM("completed", RESPONSE_PART(PROSE)) "]", RESPONSE_USAGE),
    [COHERE] = "{\"id\":\"6baf6777-374f-48d9-983a-38de37cb670c\",\"message\":{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"" PROSE "\"}]},\"finish_reason\":\"COMPLETE\",\"usage\":{\"billed_units\":{\"input_tokens\":240,\"output_tokens\":64},\"tokens\":{\"input_tokens\":240,\"output_tokens\":64}}}",
};

static const char *openings[PROTOCOLS] = {
    [OPENAI] = OPENAI_CHUNK("\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null"),
    [ANTHROPIC] =
        EVENT("message_start", ",\"message\":{\"id\":\"msg_01\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"mock\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":240,\"output_tokens\":1}}")
        EVENT("content_block_start", ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"),
    [RESPONSES] =
        EVENT("response.created", ",\"sequence_number\":0,\"response\":" RESPONSE("in_progress", "[]", "null"))
        EVENT("response.in_progress", ",\"sequence_number\":1,\"response\":" RESPONSE("in_progress", "[]", "null"))
        EVENT("response.output_item.added", ",\"sequence_number\":2,\"output_index\":0,\"item\":" RESPONSE_ITEM("in_progress", ""))
        EVENT("response.content_part.added", ",\"sequence_number\":3,\"item_id\":\"msg_01\",\"output_index\":0,\"content_index\":0,\"part\":" RESPONSE_PART("")),
    [COHERE] =
        EVENT("message-start", ",\"id\":\"c9117cc5-87ad-4258-b0ee-fd2dc78e459a\",\"delta\":{\"message\":{\"citations\":[],\"content\":[],\"role\":\"assistant\",\"tool_calls\":[],\"tool_plan\":\"\"}}")
        EVENT("content-start", ",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"\",\"type\":\"text\"}}}"),
};

static const char *deltas[PROTOCOLS] = {
    [OPENAI] = OPENAI_CHUNK("\"delta\":{\"content\":\"" TOKEN "\"},\"finish_reason\":null"),
    [ANTHROPIC] = EVENT("content_block_delta", ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" TOKEN "\"}"),
    [GEMINI] = GEMINI_CHUNK(TOKEN, ""),
    [COHERE] = EVENT("content-delta", ",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"" TOKEN "\"}}}"),
};

static const char *endings[PROTOCOLS] = {
    [OPENAI] = OPENAI_CHUNK("\"delta\":{},\"finish_reason\":\"stop\"") "data: [DONE]\n\n",
    [ANTHROPIC] =
        EVENT("content_block_stop", ",\"index\":0")
        EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":64}")
        EVENT("message_stop", ""),
    [GEMINI] = GEMINI_CHUNK("", "\"finishReason\":\"STOP\","),
    [COHERE] =
        EVENT("content-end", ",\"index\":0")
        EVENT("message-end", ",\"delta\":{\"finish_reason\":\"COMPLETE\",\"usage\":{\"billed_units\":{\"input_tokens\":240,\"output_tokens\":64},\"tokens\":{\"input_tokens\":240,\"output_tokens\":64}}}")
        "data: [DONE]\n\n",
};

static struct text answers[PROTOCOLS], heads[PROTOCOLS], steps[PROTOCOLS], tails[PROTOCOLS];

static struct text own(char *bytes, int length)
{
    if (length < 0 || !bytes) {
        perror("memory");
        exit(1);
    }
    return (struct text){ bytes, (size_t)length };
}

static struct text copy(const char *bytes)
{
    return own(strdup(bytes), (int)strlen(bytes));
}

/* Both parts, which it frees. */
static struct text join(struct text a, struct text b)
{
    struct text whole = own(malloc(a.length + b.length), (int)(a.length + b.length));
    memcpy(whole.bytes, a.bytes, a.length);
    memcpy(whole.bytes + a.length, b.bytes, b.length);
    free(a.bytes);
    free(b.bytes);
    return whole;
}

/* One chunk of a chunked body; frees what it holds. */
static struct text chunked(struct text payload)
{
    char *size;
    int length = asprintf(&size, "%zx\r\n", payload.length);
    return join(own(size, length), join(payload, copy("\r\n")));
}

static uint32_t crc32(const char *bytes, size_t length)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned char)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static size_t put_word(char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(value >> (24 - 8 * i));
    return 4;
}

static size_t put_header(char *at, const char *name, const char *value)
{
    size_t n = strlen(name), v = strlen(value);
    at[0] = (char)n;
    memcpy(at + 1, name, n);
    at[n + 1] = 7; /* a string */
    at[n + 2] = (char)(v >> 8);
    at[n + 3] = (char)v;
    memcpy(at + n + 4, value, v);
    return n + 4 + v;
}

/* A message of application/vnd.amazon.eventstream: prelude, its CRC, headers, payload, CRC of all. */
static struct text frame(const char *event, const char *payload)
{
    size_t length = strlen(payload), at = 12;
    struct text message = own(malloc(length + 256), 0);
    at += put_header(message.bytes + at, ":event-type", event);
    at += put_header(message.bytes + at, ":content-type", "application/json");
    at += put_header(message.bytes + at, ":message-type", "event");
    put_word(message.bytes, (uint32_t)(at + length + 4));
    put_word(message.bytes + 4, (uint32_t)(at - 12));
    put_word(message.bytes + 8, crc32(message.bytes, 8));
    memcpy(message.bytes + at, payload, length);
    at += length;
    message.length = at + put_word(message.bytes + at, crc32(message.bytes, at));
    return message;
}

static struct text stream_head(const char *type)
{
    char *head;
    int length = asprintf(&head, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n", type);
    return own(head, length);
}

void prepare_protocols(void)
{
    for (int d = 0; d < PROTOCOLS; d++) {
        char *text;
        int length = asprintf(&text, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: req_0123456789\r\nContent-Length: %zu\r\n\r\n%s", strlen(bodies[d]), bodies[d]);
        answers[d] = own(text, length);
        heads[d] = stream_head(d == BEDROCK ? "application/vnd.amazon.eventstream" : "text/event-stream");
        if (openings[d])
            heads[d] = join(heads[d], chunked(copy(openings[d])));
        if (deltas[d])
            steps[d] = chunked(copy(deltas[d]));
        if (endings[d])
            tails[d] = join(chunked(copy(endings[d])), copy("0\r\n\r\n"));
    }
    heads[BEDROCK] = join(heads[BEDROCK], chunked(frame("messageStart", "{\"p\":\"abcdefghijkl\",\"role\":\"assistant\"}")));
    steps[BEDROCK] = chunked(frame("contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"" TOKEN "\"},\"p\":\"abcdefghijklmnopq\"}"));
    struct text end = join(frame("contentBlockStop", "{\"contentBlockIndex\":0,\"p\":\"abcdefgh\"}"), frame("messageStop", "{\"p\":\"abcdefghijk\",\"stopReason\":\"end_turn\"}"));
    end = join(end, frame("metadata", "{\"metrics\":{\"latencyMs\":605},\"p\":\"abcdefghijklm\",\"usage\":{\"inputTokens\":240,\"outputTokens\":64,\"totalTokens\":304}}"));
    tails[BEDROCK] = join(chunked(end), copy("0\r\n\r\n"));
}

enum protocol protocol_of(const char *line, size_t length, int *streams)
{
    enum protocol found = OPENAI;
    for (int d = 0; d < PROTOCOLS; d++)
        if (paths[d] && memmem(line, length, paths[d], strlen(paths[d])))
            found = d;
    *streams = memmem(line, length, ":streamGenerateContent", 22) || memmem(line, length, "/converse-stream", 16);
    return found;
}

struct text answer_of(enum protocol protocol)
{
    return answers[protocol];
}

struct text head_of(enum protocol protocol)
{
    return heads[protocol];
}

struct text delta_of(enum protocol protocol, int index)
{
    static char held[512];
    if (protocol != RESPONSES)
        return steps[protocol];
    /* Its events are numbered. */
    char event[448];
    int length = snprintf(event, sizeof event,
        EVENT("response.output_text.delta", ",\"sequence_number\":%d,\"item_id\":\"msg_01\",\"output_index\":0,\"content_index\":0,\"delta\":\"" TOKEN "\",\"logprobs\":[],\"obfuscation\":\"abcdefghij\""),
        index + 4);
    return (struct text){ held, (size_t)snprintf(held, sizeof held, "%x\r\n%s\r\n", length, event) };
}

struct text tail_of(enum protocol protocol, int count)
{
    static int prepared_for = -1;
    if (protocol != RESPONSES || prepared_for == count)
        return tails[protocol];
    /* Its last events repeat all the text. */
    char *text = own(malloc((size_t)count * strlen(TOKEN) + 1), 0).bytes, *events;
    for (int i = 0; i < count; i++)
        strcpy(text + (size_t)i * strlen(TOKEN), TOKEN);
    int n = count + 4;
    int length = asprintf(&events,
        EVENT("response.output_text.done", ",\"sequence_number\":%d,\"item_id\":\"msg_01\",\"output_index\":0,\"content_index\":0,\"text\":\"%s\",\"logprobs\":[]")
        EVENT("response.content_part.done", ",\"sequence_number\":%d,\"item_id\":\"msg_01\",\"output_index\":0,\"content_index\":0,\"part\":" RESPONSE_PART("%s"))
        EVENT("response.output_item.done", ",\"sequence_number\":%d,\"output_index\":0,\"item\":" RESPONSE_ITEM("completed", RESPONSE_PART("%s")))
        EVENT("response.completed", ",\"sequence_number\":%d,\"response\":" RESPONSE("completed", "[" RESPONSE_ITEM("completed", RESPONSE_PART("%s")) "]", RESPONSE_USAGE)),
        n, text, n + 1, text, n + 2, text, n + 3, text);
    free(text);
    free(tails[RESPONSES].bytes);
    tails[RESPONSES] = join(chunked(own(events, length)), copy("0\r\n\r\n"));
    prepared_for = count;
    return tails[RESPONSES];
}

struct text failure_of(int status)
{
    static char held[512];
    const char *body = "{\"error\":{\"message\":\"The service is not available.\",\"type\":\"server_error\"}}";
    int length = snprintf(held, sizeof held, "HTTP/1.1 %d Failure\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
    return (struct text){ held, (size_t)length };
}
