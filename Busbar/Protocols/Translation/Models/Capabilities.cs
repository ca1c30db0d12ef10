namespace Busbar.Protocols.Translation.Models;

/// <summary>
/// What one model accepts. Defaults describe an unknown, permissive model; built-in rows by model-name prefix and the operator's own settings narrow
/// it.
/// </summary>
internal sealed record Capabilities
{
    /// <summary>An unknown model.</summary>
    public static Capabilities Default { get; } = new();

    /// <summary>Temperature, top_p and top_k are accepted at all.</summary>
    public bool Sampling { get; init; } = true;

    /// <summary>Temperature and top_p may be sent together.</summary>
    public bool TemperatureWithTopP { get; init; } = true;

    /// <summary>Penalties, logprobs and stop strings are accepted (false for OpenAI reasoning models).</summary>
    public bool Penalties { get; init; } = true;

    /// <summary>The model can think on request.</summary>
    public bool Reasoning { get; init; } = true;

    /// <summary>Thinking may be asked for by token budget.</summary>
    public bool ThinkingBudget { get; init; } = true;

    /// <summary>Thinking may be asked for as adaptive.</summary>
    public bool ThinkingAdaptive { get; init; }

    /// <summary>Thinking may be switched off.</summary>
    public bool ThinkingOff { get; init; } = true;

    /// <summary>Off is spelt <c>between_tools</c>.</summary>
    public bool ThinkingBetweenTools { get; init; }

    /// <summary>Effort words above high are accepted.</summary>
    public bool HighestEfforts { get; init; }

    /// <summary>A tool call may be forced.</summary>
    public bool ForcedToolChoice { get; init; } = true;

    /// <summary>The last turn may be the assistant's.</summary>
    public bool Prefill { get; init; } = true;

    /// <summary>System turns may stand in mid-conversation.</summary>
    public bool MidSystem { get; init; }

    /// <summary>The limit is spelt <c>max_completion_tokens</c>.</summary>
    public bool MaxCompletionTokens { get; init; }

    /// <summary>Instructions are sent with role <c>developer</c>.</summary>
    public bool DeveloperRole { get; init; }

    /// <summary>Function tools are refused unless reasoning effort is <c>none</c> (Chat Completions of one generation).</summary>
    public bool ToolsNeedNoReasoning { get; init; }

    /// <summary>Cache breakpoints are accepted.</summary>
    public bool PromptCaching { get; init; } = true;

    /// <summary>A JSON Schema for the answer is accepted.</summary>
    public bool StructuredOutput { get; init; } = true;

    /// <summary>Temperature, top_p and logprobs are accepted after all when effort is <c>none</c> (OpenAI reasoning models from 5.1).</summary>
    public bool SamplingWithoutReasoning { get; init; }

    /// <summary>The effort word <c>minimal</c> is accepted.</summary>
    public bool MinimalEffort { get; init; }

    /// <summary>The effort word <c>max</c> is accepted; otherwise <see cref="HighestEfforts"/> ends at <c>xhigh</c>.</summary>
    public bool MaxEffort { get; init; }

    /// <summary>Free-text tools are accepted in their native form.</summary>
    public bool CustomTools { get; init; }

    /// <summary>Tool calls in the history must carry thought signatures (Gemini from 3).</summary>
    public bool ThoughtSignatures { get; init; }

    /// <summary>Thinking in the history is valid for the very model that wrote it only (Claude 5.5 generation).</summary>
    public bool BoundThinking { get; init; }

    /// <summary>Cache breakpoints on message parts are accepted by an OpenAI protocol, which caches by itself otherwise.</summary>
    public bool CacheBreakpoints { get; init; }

    /// <summary>Function calls and results may carry ids (Gemini: the developer API; Vertex refuses them).</summary>
    public bool FunctionCallIds { get; init; } = true;

    /// <summary>Gemini: schemas may be sent as JSON Schema; otherwise they are lowered to the API's own subset.</summary>
    public bool JsonSchemaFields { get; init; } = true;

    /// <summary>The model searches the web by a tool that its vendor runs.</summary>
    public bool WebSearch { get; init; }

    /// <summary>That tool may stand beside functions (Gemini: from 3).</summary>
    public bool WebSearchWithTools { get; init; } = true;

    /// <summary>Gemini: media of a tool result may stand inside the result (from 3); otherwise it follows as parts of the turn.</summary>
    public bool ToolResultParts { get; init; }

    /// <summary>
    /// Chat Completions: a message with tool calls must say its <c>reasoning_content</c> again (DeepSeek, Kimi, MiMo); other hosts refuse that.
    /// </summary>
    public bool ReasoningContent { get; init; }

    /// <summary>Chat Completions: ids of calls have exactly nine letters or digits (Mistral).</summary>
    public bool ShortCallIds { get; init; }

    /// <summary>Bedrock: pictures and files of a tool result may stand inside the result; otherwise they follow it.</summary>
    public bool NestedToolMedia { get; init; } = true;

    /// <summary>The end user may be named, as a hash where the vendor refuses the name itself; false drops the name.</summary>
    public bool UserIds { get; init; } = true;
}
