using Busbar.Ir;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>Something that a provider or a compatible host really answers, whole and streamed, and what every client must make of it.</summary>
internal sealed record AnswerKind(string Name, ProtocolId Egress, string? Whole, string? Stream)
{
    private const string Choice =
        """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":""" +
        """{"role":"assistant","content":"par"},"finish_reason":"WORD"}]}""";

    private const string Tide = """{"id":"k","type":"function","function":{"name":"tide","arguments":"{\"port\":\"Callao\"}"}""";

    /// <summary>The words.</summary>
    public string Text { get; init; } = "";

    /// <summary>The calls.</summary>
    public string[] Calls { get; init; } = [];

    /// <summary>The end.</summary>
    public StopReason Stop { get; init; } = StopReason.EndTurn;

    /// <summary>The tokens, where they matter.</summary>
    public (long Input, long Output)? Tokens { get; init; }

    /// <summary>It is no answer: a failure before, or after, content.</summary>
    public bool IsFailure { get; init; }

    /// <summary>A failure's words that must reach whoever has to deal with it.</summary>
    public string? Words { get; init; }

    /// <summary>All kinds.</summary>
    public static IReadOnlyList<AnswerKind> All { get; } =
    [
        .. new (string Word, StopReason Stop)[]
        {
            ("SAFETY", StopReason.Safety), ("PROHIBITED_CONTENT", StopReason.Safety), ("content_filter", StopReason.Safety),
            ("sensitive", StopReason.Safety),
            ("MAX_TOKENS", StopReason.MaxTokens), ("max_tokens", StopReason.MaxTokens), ("model_length", StopReason.MaxTokens),
            ("end_turn", StopReason.EndTurn),
            ("tool_calls", StopReason.EndTurn), ("somethingNobodyKnows", StopReason.EndTurn),
        }.Select(static end => Chat($"stop word {end.Word}", Choice.Replace("WORD", end.Word),
            [Delta("""{"role":"assistant","content":"par"}"""), Delta("{}", end.Word)]) with { Text = "par", Stop = end.Stop }),
        .. new[] { "insufficient_system_resource", "error", "MALFORMED_FUNCTION_CALL", "UPSTREAM_ERROR", "error_of_a_new_kind" }.Select(static word =>
            Chat($"stop word {word}", Choice.Replace("WORD", word),
                [Delta("""{"role":"assistant","content":"par"}"""), Delta("{}", word)]) with { IsFailure = true }),
        Chat(
            "an error in the choice",
            """{"choices":[{"index":0,"message":{"role":"assistant","content":"par"},"finish_reason":"error","error":{"code":""" +
                """504,"message":"Shard seven went away."}}]}""",
            [Delta("""{"content":"par"}"""),
                """{"choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"code":504,"message":"Shard seven went away."}}]}"""]) with { IsFailure = true, Words = "Shard seven went away." },
        Chat("a flat error", """{"object":"error","message":"Shard seven went away.","code":50001}""",
            [Delta("""{"content":"par"}"""), """{"object":"error","message":"Shard seven went away.","code":50001}"""]) with { IsFailure = true,
        Words = "Shard seven went away." },
        Chat("FastAPI's detail", """{"detail":[{"loc":["body","x"],"msg":"Field required"}]}""",
            ["""{"detail":[{"loc":["body","x"],"msg":"Field required"}]}"""]) with { IsFailure = true, Words = "Field required" },
        Chat("no choices", """{"choices":[],"usage":{"prompt_tokens":1}}""", null) with { IsFailure = true },
        Chat("null choices", """{"choices":null}""", null) with { IsFailure = true },
        Chat("no message and nothing to explain it", """{"choices":[{"index":0,"finish_reason":"stop"}]}""", null) with { IsFailure = true },
        Chat("a filtered choice without message", """{"choices":[{"index":0,"finish_reason":"content_filter","content_filter_results":{}}]}""",
            [Delta("{}", "content_filter")]) with { Stop = StopReason.Safety },
        Chat(
            "an empty error beside an answer",
            """{"error":{},"choices":[{"index":0,"message":{"role":"assistant","content":"par"},"finish_reason":"stop"}]}""",
            ["""{"error":{},"choices":[{"index":0,"delta":{"content":"par"},"finish_reason":null}]}""", Delta("{}", "stop")]) with { Text = "par" },
        Chat(
            "a total without the completion",
            """{"choices":[{"index":0,"message":{"role":"assistant","content":"par"},"finish_reason":"stop"}],"usage":{"prompt_tokens":""" +
                """100,"total_tokens":130}}""",
            [Delta("""{"content":"par"}"""),
                """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"total_tokens":130}}"""]) with { Text =
                "par", Tokens = (100, 30) },
        Chat("Baidu's error", """{"error_code":336003,"error_msg":"Shard seven went away."}""",
            ["""{"error_code":336003,"error_msg":"Shard seven went away."}"""]) with { IsFailure = true, Words = "Shard seven went away." },
        Chat("the end without a finish", null, [Delta("""{"content":"par"}""")]) with { IsFailure = true },
        Chat(
            "a filled union",
            $$"""{"choices":[{"index":0,"message":{"role":"assistant","content":"","function_call":{"name":"","arguments":""},"tool_calls":""" +
                $$"""[{{Tide}},"custom":{"name":"","input":""} }]},"finish_reason":"tool_calls"}]}""",
            [Delta($$"""{"function_call":{"name":"","arguments":""},"tool_calls":[{"index":0,{{Tide[1..]}},"custom":{"name":"","input":""} }]}"""),
                Delta("{}", "tool_calls")]) with { Calls = ["""tide {"port":"Callao",}"""], Stop = StopReason.ToolUse },
        Chat(
            "calls behind a plain stop",
            $$"""{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{{Tide + "}"}}]},"finish_reason":""}]}""",
            [Delta($$"""{"tool_calls":[{"index":0,{{Tide[1..] + "}"}}]}"""), Delta("{}", "stop")]) with { Calls = ["""tide {"port":"Callao",}"""],
            Stop = StopReason.ToolUse },
        Chat(
            "arguments as an object",
            """{"choices":[{"index":0,"message":{"role":"assistant","tool_calls":[{"id":"k","type":"function","function":""" +
                """{"name":"tide","arguments":{"port":"Callao"}}}]},"finish_reason":"tool_calls"}]}""",
            [Delta("""{"tool_calls":[{"index":0,"id":"k","type":"function","function":{"name":"tide","arguments":{"port":"Callao"}}}]}"""),
                Delta("{}", "tool_calls")]) with { Calls = ["""tide {"port":"Callao",}"""], Stop = StopReason.ToolUse },
        Chat(
            "null for arguments",
            """{"choices":[{"index":0,"message":{"role":"assistant","tool_calls":[{"id":"k","type":"function","function":""" +
                """{"name":"now","arguments":"null"}}]},"finish_reason":"tool_calls"}]}""",
            [Delta("""{"tool_calls":[{"index":0,"id":"k","type":"function","function":{"name":"now","arguments":"nu"}}]}"""),
                Delta("""{"tool_calls":[{"index":0,"function":{"arguments":"ll"}}]}"""), Delta("{}", "tool_calls")]) with { Calls = ["now {}"], Stop =
                StopReason.ToolUse },
        Chat(
            "a call without a name",
            """{"choices":[{"index":0,"message":{"role":"assistant","content":"par","tool_calls":[{"id":"k","type":"function","function":""" +
                """{"name":"","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}""",
            [Delta("""{"content":"par","tool_calls":[{"index":0,"id":"k","type":"function","function":{"name":"","arguments":"{}"}}]}"""),
                Delta("{}", "tool_calls")]) with { Text = "par" },
        Chat(
            "reasoning counted beside the completion",
            """{"choices":[{"index":0,"message":{"role":"assistant","content":"par"},"finish_reason":"stop"}],"usage":{"prompt_tokens":""" +
                """100,"completion_tokens":10,"total_tokens":130,"completion_tokens_details":{"reasoning_tokens":20}}}""",
            [Delta("""{"content":"par"}"""),
                """{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":""" +
                """130,"completion_tokens_details":{"reasoning_tokens":20}}}]}"""]) with { Text = "par", Tokens = (100, 30) },
        Gemini("counts without the usual ones",
            """{"candidates":[{"content":{"parts":[{"text":"par"}]},"finishReason":"STOP"}],"usageMetadata":{"candidatesTokenCount":""" +
            """7,"thoughtsTokenCount":40}}""") with { Text = "par", Tokens = (0, 47) },
        Gemini("arguments as text",
            """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"tide","args":"{\"port\":""" +
            """\"Callao\"}"}}]},"finishReason":"STOP"}]}""") with { Calls = ["""tide {"port":"Callao",}"""], Stop = StopReason.ToolUse },
        Gemini("empty text for arguments",
            """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"now","args":""}}]},"finishReason":"STOP"}]}""") with { Calls = ["now {}"],
        Stop = StopReason.ToolUse },
        new("arguments as text in Bedrock", ProtocolId.Bedrock,
            """{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"tide","input":"{\"port\":""" +
            """\"Callao\"}"}}]}},"stopReason":"tool_use"}""", null) { Calls = ["""tide {"port":"Callao",}"""], Stop = StopReason.ToolUse },
        new(
            "empty text for arguments in the start",
            ProtocolId.Anthropic,
            """{"type":"message","role":"assistant","content":[{"type":"tool_use","id":"t","name":"now","input":""}],"stop_reason":"tool_use"}""",
            Events("""{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"now","input":""}}""",
                "tool_use")) { Calls = ["now {}"], Stop = StopReason.ToolUse },
        new(
            "arguments as text in the start",
            ProtocolId.Anthropic,
            null,
            Events("""{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"tide","input":"{\"port\":""" +
                """\"Callao\"}"}}""", "tool_use")) { Calls = ["""tide {"port":"Callao",}"""], Stop = StopReason.ToolUse },
        new("content that is null behind a natural end", ProtocolId.Anthropic,
            """{"type":"message","role":"assistant","content":null,"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}""",
        null) { IsFailure = true },
        new("content that is plain text", ProtocolId.Responses,
            """{"id":"r","object":"response","status":"completed","output":[{"type":"message","id":"m","role":"assistant","content":"par"}]}""",
        null) { Text = "par" },
        new("a response that was cancelled", ProtocolId.Responses, """{"id":"r","object":"response","status":"cancelled","output":[]}""",
            "event: response.completed\ndata: " +
            "{\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"cancelled\",\"output\":[]}}\n\n") { IsFailure = true },
        Gemini("a call that the model malformed",
            """{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"Malformed function call: print("}]}""") with { IsFailure =
            true, Words = "Malformed function call" },
        Gemini("an end for other reasons",
            """{"candidates":[{"finishReason":"OTHER","finishMessage":"Could not generate."}],"usageMetadata":{"promptTokenCount":4}}"""),
        new("an error without a frame", ProtocolId.Gemini, null,
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Half\"}]}}]}\n\n{\n \"error\": {\n  \"code\": 503,\n " +
            " \"message\": \"Shard seven went away.\",\n  \"status\": \"UNAVAILABLE\"\n }\n}\n") { IsFailure = true, Words =
            "Shard seven went away." },
        new("a failed generation", ProtocolId.Cohere, """{"id":"k","finish_reason":"ERROR","message":{"role":"assistant","content":[]}}""",
            "event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"ERROR\"}}\n\n") { IsFailure = true },
        new("billed units alone", ProtocolId.Cohere,
            """{"id":"k","finish_reason":"COMPLETE","message":{"role":"assistant","content":[{"type":"text","text":"par"}]},"usage":{"tokens":""" +
            """{},"billed_units":{"input_tokens":3,"output_tokens":2}}}""", null) { Text = "par", Tokens = (3, 2) },
        new("a response that has only begun", ProtocolId.Responses, """{"id":"r","object":"response","status":"queued","output":[]}""",
            null) { IsFailure = true },
        new("content that is null behind a refusal", ProtocolId.Anthropic,
            """{"type":"message","role":"assistant","content":null,"stop_reason":"refusal","usage":{"input_tokens":1,"output_tokens":1}}""",
        null) { Stop = StopReason.Safety },
        new("no stop reason", ProtocolId.Bedrock,
            """{"output":{"message":{"role":"assistant","content":[{"text":"par"}]}},"usage":{"inputTokens":3,"outputTokens":1,"totalTokens":4}}""",
        null) { Text = "par" },
        new("a malformed output", ProtocolId.Bedrock,
            """{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"malformed_model_output"}""", null) { IsFailure = true },
    ];

    private static AnswerKind Chat(string name, string? whole, string[]? chunks) =>
        new(name, ProtocolId.OpenAI, whole, chunks is null ? null
            : string.Concat(chunks.Append("[DONE]").Select(static chunk => $"data: {chunk}\n\n")));

    private static string Events(string start, string stop) => string.Concat(new (string Name, string Data)[]
    {
        ("message_start",
            """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":""" +
            """{"input_tokens":1,"output_tokens":1}}}"""),
        ("content_block_start", start),
        ("content_block_stop", """{"type":"content_block_stop","index":0}"""),
        ("message_delta", $$"""{"type":"message_delta","delta":{"stop_reason":"{{stop}}"},"usage":{"output_tokens":2} }"""),
        ("message_stop", """{"type":"message_stop"}"""),
    }.Select(static sent => $"event: {sent.Name}\ndata: {sent.Data}\n\n"));

    private static AnswerKind Gemini(string name, string whole) => new(name, ProtocolId.Gemini, whole, $"data: {whole}\n\n");

    private static string Delta(string delta, string? finish = null) =>
        $$"""{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":""" +
            $$"""0,"delta":{{delta}},"finish_reason":{{(finish is null ? "null" : $"\"{finish}\"")}}}]}""";
}
