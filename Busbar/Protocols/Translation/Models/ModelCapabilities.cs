using Busbar.Ir;
using Busbar.Ir.Request;

namespace Busbar.Protocols.Translation.Models;

/// <summary>
/// What the models that are known by name accept. State of 2026-11-22; sources: the vendors' model pages and SDK comments (Anthropic what's-new pages
/// up to the 5.5 generation, OpenAI 7.57 types, Google Gen AI 3.1, Bedrock runtime model, Cohere 8.1). A model that no row names is taken to accept
/// everything usual; the operator's flags override rows.
/// </summary>
internal static class ModelCapabilities
{
    private static readonly Capabilities Claude = new() { TemperatureWithTopP = false };

    // From 4.6 on a budget is deprecated or refused, while adaptive thinking with an effort word works everywhere.
    private static readonly Capabilities Claude46 = Claude with { ThinkingBudget = false, ThinkingAdaptive = true, Prefill = false, MaxEffort =
        true };

    private static readonly Capabilities Claude47 = Claude46 with { Sampling = false, HighestEfforts = true };

    private static readonly Capabilities Claude5 = Claude47 with { MidSystem = true };

    private static readonly Capabilities Claude55 = Claude5 with { ThinkingOff = false, ForcedToolChoice = false, BoundThinking = true };

    private static readonly Capabilities ClaudeOld = Claude with { StructuredOutput = false };

    private static readonly Capabilities OpenAIReasoning = new()
    {
        Sampling = false,
        Penalties = false,
        ThinkingBudget = false,
        ThinkingOff = false,
        MaxCompletionTokens = true,
        DeveloperRole = true,
    };

    private static readonly Capabilities Gpt5 = OpenAIReasoning with { MinimalEffort = true, CustomTools = true };

    private static readonly Capabilities Gpt51 = Gpt5 with { MinimalEffort = false, ThinkingOff = true, SamplingWithoutReasoning = true };

    private static readonly Capabilities Gpt52 = Gpt51 with { HighestEfforts = true };

    private static readonly Capabilities Gpt56 = Gpt52 with { MaxEffort = true, CacheBreakpoints = true };

    private static readonly Capabilities Gpt6 = Gpt56 with { ThinkingOff = false, SamplingWithoutReasoning = false };

    private static readonly Capabilities PlainGpt = new() { Reasoning = false };

    private static readonly Capabilities Gemini3 = new() { ThinkingBudget = false, ThinkingOff = false, ThoughtSignatures = true, ToolResultParts =
        true };

    private static readonly Capabilities Gemini25 = new() { ThinkingAdaptive = true, WebSearchWithTools = false };

    private static readonly Capabilities NoReasoning = new() { Reasoning = false };

    // The first row whose text the normalised name starts with (or, after '*', contains) decides.
    private static readonly (string Name, Capabilities Flags)[] Rows =
    [
        ("claude-sonnet-5-5", Claude55 with { ThinkingBetweenTools = true }),
        ("claude-opus-5-5", Claude55),
        ("claude-fable-5-1", Claude55),
        ("claude-fable-5-2", Claude55),
        ("claude-mythos-5-1", Claude55),
        ("claude-mythos-5-2", Claude55),
        ("claude-mythos-5-5", Claude55),
        ("claude-haiku-5-5", Claude55 with { ThinkingOff = true, ForcedToolChoice = true }),
        ("claude-opus-5", Claude5),
        ("claude-fable-5", Claude5 with { ThinkingOff = false }),
        ("claude-mythos-5", Claude5 with { ThinkingOff = false }),
        ("claude-sonnet-5", Claude5),
        ("claude-opus-4-8", Claude5),
        ("claude-opus-4-7", Claude47),
        ("claude-opus-4-6", Claude46),
        ("claude-sonnet-4-6", Claude46),
        ("claude-opus-4-5", Claude),
        ("claude-sonnet-4-5", Claude),
        ("claude-haiku-4-5", Claude),
        ("claude-opus-4-1", Claude),
        ("claude-opus-4", ClaudeOld),
        ("claude-sonnet-4", ClaudeOld),
        ("claude-3-7", ClaudeOld),
        ("claude-3", ClaudeOld with { Reasoning = false }),
        ("claude-2", ClaudeOld with { Reasoning = false }),
        ("claude-instant", ClaudeOld with { Reasoning = false }),
        ("claude-", Claude5),

        ("gpt-oss", new()),
        ("*-chat-latest", PlainGpt with { MaxCompletionTokens = true, DeveloperRole = true }),
        ("gpt-5-chat", PlainGpt with { MaxCompletionTokens = true, DeveloperRole = true }),
        ("gpt-5.1", Gpt51),
        ("gpt-5.6", Gpt56 with { ToolsNeedNoReasoning = true }),
        ("gpt-5.", Gpt52),
        ("gpt-5", Gpt5),
        ("gpt-6-sol", Gpt56),
        ("gpt-6-luna", Gpt56),
        ("gpt-6.1-terra", Gpt56),
        ("gpt-6", Gpt6),
        ("gpt-", PlainGpt),
        ("chatgpt-", PlainGpt),
        ("o1", OpenAIReasoning),
        ("o3", OpenAIReasoning),
        ("o4", OpenAIReasoning),

        ("gemini-1", NoReasoning),
        ("gemini-2.0", NoReasoning with { WebSearchWithTools = false }),
        ("gemini-2.5-pro", Gemini25 with { ThinkingOff = false }),
        ("gemini-2.5", Gemini25),
        ("gemini-", Gemini3),

        ("nova-2", new()),
        ("nova-", NoReasoning),
        ("llama", NoReasoning with { ForcedToolChoice = false }),
        ("command-a-reasoning", new()),
        ("command", NoReasoning),
        ("c4ai", NoReasoning),
    ];

    /// <summary>Names the operator may set: the flags of <see cref="Capabilities"/> in snake_case.</summary>
    public static IReadOnlyCollection<string> FlagNames { get; } =
    [
        "sampling", "temperature_with_top_p", "penalties", "reasoning", "thinking_budget", "thinking_adaptive", "thinking_off",
        "thinking_between_tools", "highest_efforts", "forced_tool_choice", "prefill", "mid_system", "max_completion_tokens", "developer_role",
        "tools_need_no_reasoning", "prompt_caching", "structured_output", "sampling_without_reasoning", "minimal_effort", "max_effort",
        "custom_tools", "thought_signatures", "bound_thinking", "cache_breakpoints", "function_call_ids", "json_schema_fields", "tool_result_parts",
        "web_search", "web_search_with_tools", "reasoning_content", "short_call_ids", "nested_tool_media", "user_ids",
    ];

    /// <summary>
    /// What <paramref name="wireModel"/> accepts over <paramref name="protocol"/>, with the operator's flags on top. Throws
    /// <see cref="ArgumentException"/> for a flag that is not in <see cref="FlagNames"/>.
    /// </summary>
    public static Capabilities For(ProtocolId protocol, string wireModel, IReadOnlyDictionary<string, bool>? overrides = null)
    {
        string name = ModelName.Normalise(wireModel);
        Protocol spoken = ProtocolTable.Get(protocol);
        Capabilities flags = spoken.Narrow(Find(name) with { WebSearch = spoken.SearchesWeb(name) }, name);
        if (overrides is not null)
        {
            foreach ((string flag, bool value) in overrides)
            {
                flags = Set(flags, flag, value);
            }
        }

        return flags;
    }

    private static Capabilities Find(string name)
    {
        foreach ((string row, Capabilities flags) in Rows)
        {
            if (row[0] == '*' ? name.Contains(row[1..], StringComparison.Ordinal) : name.StartsWith(row, StringComparison.Ordinal))
            {
                return flags;
            }
        }

        return Capabilities.Default;
    }

    private static Capabilities Set(Capabilities flags, string name, bool value) => name switch
    {
        "sampling" => flags with { Sampling = value },
        "temperature_with_top_p" => flags with { TemperatureWithTopP = value },
        "penalties" => flags with { Penalties = value },
        "reasoning" => flags with { Reasoning = value },
        "thinking_budget" => flags with { ThinkingBudget = value },
        "thinking_adaptive" => flags with { ThinkingAdaptive = value },
        "thinking_off" => flags with { ThinkingOff = value },
        "thinking_between_tools" => flags with { ThinkingBetweenTools = value },
        "highest_efforts" => flags with { HighestEfforts = value },
        "forced_tool_choice" => flags with { ForcedToolChoice = value },
        "prefill" => flags with { Prefill = value },
        "mid_system" => flags with { MidSystem = value },
        "max_completion_tokens" => flags with { MaxCompletionTokens = value },
        "developer_role" => flags with { DeveloperRole = value },
        "tools_need_no_reasoning" => flags with { ToolsNeedNoReasoning = value },
        "prompt_caching" => flags with { PromptCaching = value },
        "structured_output" => flags with { StructuredOutput = value },
        "sampling_without_reasoning" => flags with { SamplingWithoutReasoning = value },
        "minimal_effort" => flags with { MinimalEffort = value },
        "max_effort" => flags with { MaxEffort = value },
        "custom_tools" => flags with { CustomTools = value },
        "thought_signatures" => flags with { ThoughtSignatures = value },
        "bound_thinking" => flags with { BoundThinking = value },
        "cache_breakpoints" => flags with { CacheBreakpoints = value },
        "function_call_ids" => flags with { FunctionCallIds = value },
        "json_schema_fields" => flags with { JsonSchemaFields = value },
        "tool_result_parts" => flags with { ToolResultParts = value },
        "web_search" => flags with { WebSearch = value },
        "web_search_with_tools" => flags with { WebSearchWithTools = value },
        "reasoning_content" => flags with { ReasoningContent = value },
        "short_call_ids" => flags with { ShortCallIds = value },
        "nested_tool_media" => flags with { NestedToolMedia = value },
        "user_ids" => flags with { UserIds = value },
        _ => throw new ArgumentException($"unknown capability '{name}'", nameof(name)),
    };
}
