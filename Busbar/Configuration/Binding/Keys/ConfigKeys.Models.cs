namespace Busbar.Configuration.Binding.Keys;

internal static partial class ConfigKeys
{
    /// <summary>A model.</summary>
    public static readonly KeySet Model = new(
        "models.*",
        new("provider", KeyKind.Text, "Which provider serves it")
        {
            IsRequired = true,
            Default = "required",
            Range = "a name under `providers`",
        },
        new("max_concurrent", KeyKind.Integer, "Calls in flight at once")
        {
            Min = 1,
            Max = Ranges.MaxItems,
            IsRequired = true,
            Default = "required",
            Range = "at least 1",
        },
        new("max_requests", KeyKind.Integer, "Successful calls in the life of the process")
        {
            Min = long.MinValue,
            Max = long.MaxValue,
            Default = "-1: no limit",
            Range = "not 0; any negative number means no limit",
        },
        new(
            "rpm",
            KeyKind.Integer,
            "Calls that the provider allows in a minute, in all pools and with all keys. A lane at this limit is passed over like a busy one: " +
                "never more "
                + "begin in any sixty seconds ([pacing](how-it-works.md#pacing))")
        {
            Min = 1,
            Max = Ranges.MaxItems,
            Default = "no limit",
            Range = "at least 1",
        },
        new("tpm", KeyKind.Integer, "Tokens that the provider allows in a minute, input and output together; likewise")
        {
            Min = 1,
            Max = Ranges.MaxTokens,
            Default = "no limit",
            Range = "at least 1",
        },
        new("default_max_tokens", KeyKind.Integer, "Output limit sent to Anthropic when the caller gives none")
        {
            Min = 1,
            Max = Ranges.MaxTokens,
            Default = "`limits.default_max_tokens`, else the model's own maximum up to 64000, and 4096 where that is not known",
            Range = "at least 1",
        },
        new("upstream_model", KeyKind.Text, "The provider's name for it")
        {
            Default = "the name here",
            Range = "not blank; lets one model stand behind several providers",
        },
        new("attempt_timeout_ms", KeyKind.Integer, "Longest time to the response headers of one attempt")
        {
            Min = 1,
            Max = Ranges.MaxMilliseconds,
            Default = "half of what is left of the deadline while another lane is ready, else all of it",
            Range = "at least 1; a pool member may override it",
        },
        new(
            "first_content_timeout_ms",
            KeyKind.Integer,
            "Longest time to the first content of one attempt at a stream; keep-alives, pings and what comes before content do not count. Then " +
                "the next "
                + "lane is tried ([clocks](how-it-works.md#clocks))")
        {
            Min = 1,
            Max = Ranges.MaxMilliseconds,
            Default = "60000 while another lane is ready, and no more than half of what is left of the deadline; else none",
            Range = "at least 1; pools and their members may override it",
        },
        new("capabilities", KeyKind.Text, "What the model accepts, where the built-in knowledge is wrong")
        {
            Default = "built in, by name",
            Range = "block",
        },
        new("rate_card", KeyKind.Text, "Prices")
        {
            Default = "`governance.price_per_1k_tokens_cents` where it is set, else the [price list](prices.md)",
            Range = "block",
        });

    /// <summary>What a model accepts: the flags of a capability record in snake_case.</summary>
    public static readonly KeySet Capabilities = new(
        "models.*.capabilities",
        new("sampling", KeyKind.Switch, "temperature, top_p and top_k are accepted"),
        new("temperature_with_top_p", KeyKind.Switch, "both may be sent together"),
        new("penalties", KeyKind.Switch, "penalties, logprobs and stop strings are accepted"),
        new("reasoning", KeyKind.Switch, "the model can think on request"),
        new("thinking_budget", KeyKind.Switch, "thinking may be asked for by token budget"),
        new("thinking_adaptive", KeyKind.Switch, "thinking may be asked for as adaptive"),
        new("thinking_off", KeyKind.Switch, "thinking may be switched off"),
        new("thinking_between_tools", KeyKind.Switch, "off is spelt `between_tools`"),
        new("highest_efforts", KeyKind.Switch, "effort words above high are accepted"),
        new("forced_tool_choice", KeyKind.Switch, "a tool call may be forced"),
        new("prefill", KeyKind.Switch, "the last turn may be the assistant's"),
        new("mid_system", KeyKind.Switch, "system turns may stand in mid-conversation"),
        new("max_completion_tokens", KeyKind.Switch, "the output limit is spelt `max_completion_tokens`"),
        new("developer_role", KeyKind.Switch, "instructions are sent with the role `developer`"),
        new("tools_need_no_reasoning", KeyKind.Switch, "tools are refused unless reasoning effort is `none`"),
        new("prompt_caching", KeyKind.Switch, "cache breakpoints are accepted"),
        new("structured_output", KeyKind.Switch, "a JSON Schema for the answer is accepted"),
        new("sampling_without_reasoning", KeyKind.Switch, "temperature, top_p and logprobs are accepted after all when effort is `none`"),
        new("minimal_effort", KeyKind.Switch, "the effort word `minimal` is accepted"),
        new("max_effort", KeyKind.Switch, "the effort word `max` is accepted; otherwise `highest_efforts` ends at `xhigh`"),
        new("custom_tools", KeyKind.Switch, "free-text tools are accepted in their native form"),
        new("thought_signatures", KeyKind.Switch, "tool calls in the history must carry thought signatures"),
        new("bound_thinking", KeyKind.Switch, "thinking in the history is valid only for the very model that wrote it"),
        new(
            "cache_breakpoints",
            KeyKind.Switch,
            "cache breakpoints on message parts are accepted by a provider of OpenAI's protocol, which caches by itself otherwise"),
        new("function_call_ids", KeyKind.Switch, "Gemini: function calls and results may carry ids (not on Vertex)"),
        new("json_schema_fields", KeyKind.Switch, "Gemini: schemas are accepted as JSON Schema"),
        new("tool_result_parts", KeyKind.Switch, "Gemini: media may stand inside a function response"),
        new("web_search", KeyKind.Switch, "The provider's own web search tool is offered where a client of another protocol asks for its own"),
        new("web_search_with_tools", KeyKind.Switch, "That tool may stand beside functions"),
        new(
            "reasoning_content",
            KeyKind.Switch,
            "Chat Completions: a message with tool calls must repeat its `reasoning_content` (DeepSeek, Kimi, MiMo); it goes to no other host"),
        new("short_call_ids", KeyKind.Switch, "Chat Completions: ids of tool calls have exactly nine letters or digits (Mistral)"),
        new("nested_tool_media", KeyKind.Switch, "Bedrock: pictures and files may stand inside a tool result; otherwise they follow it"),
        new(
            "user_ids",
            KeyKind.Switch,
            "the end user may be named (a name that the vendor refuses goes as a keyed hash); false leaves the name out"));

    // One for each kind of token; before the sets that are made of them.
    private static readonly ConfigKey[] TokenPrices =
    [
        Price("input", "Input that no cache had", "required"),
        Price("output", "Output", "required"),
        Price("cache_read", "Input read from a cache", "`input`"),
        Price("cache_write", "Input written to a cache", "`input`"),
        Price("cache_write_1h", "Input written to a cache for longer than some minutes", "`cache_write`"),
        Price("reasoning", "Reasoning", "`output`"),
        Price("audio_input", "Sound heard", "`input`"),
        Price("audio_output", "Sound made", "`output`"),
        Price("image_output", "Pictures made", "`output`"),
    ];

    /// <summary>Prices of a longer input.</summary>
    public static readonly KeySet RateStep = new(
        "models.*.rate_card.above[]",
        [
            new("tokens", KeyKind.Integer, "The prices hold for an input of more tokens than this")
            {
                Min = 1,
                Max = Ranges.MaxTokens,
                Default = "required",
                Range = "at least 1",
                IsRequired = true,
            },
            .. TokenPrices,
        ]);

    /// <summary>Prices of a tier of service.</summary>
    public static readonly KeySet RateTier = new("models.*.rate_card.*", TokenPrices);

    private static readonly ConfigKey[] RateVariants =
    [
        new(
            "above",
            KeyKind.Blocks,
            "Other prices of the whole request where its input, cached included, has more `tokens`: a list of `{tokens, input, output, …}` by rising "
            + "`tokens`")
        {
            Block = RateStep,
            Default = "none",
            Range = "what a step leaves out is as in the one before; two steps must not begin at the same number",
        },
        Tier("batch"),
        Tier("flex"),
        Tier("priority"),
    ];

    /// <summary>Prices of a model.</summary>
    public static readonly KeySet RateCard = new(
        "models.*.rate_card", [.. TokenPrices.Select(price => price with { IsRequired = price.Default == "required" }), .. RateVariants]);

    /// <summary>A provider in the price list.</summary>
    public static readonly KeySet PriceBlock = new(
        "prices.*",
        new("source", KeyKind.Text, "Where the prices were read"),
        new("date", KeyKind.Text, "When, such as 2026-01-31"),
        new("models", KeyKind.Map, "Its models"));

    /// <summary>A model in the price list.</summary>
    public static readonly KeySet PriceRow = new(
        "prices.*.models.*",
        [
            new("context", KeyKind.Integer, "Context size, tokens") { Min = 1, Max = Ranges.MaxTokens },
            new("output_max", KeyKind.Integer, "Longest output, tokens") { Min = 1, Max = Ranges.MaxTokens },
            new("source", KeyKind.Text, "Where the prices were read, if not where the provider's were"),
            new("date", KeyKind.Text, "When, such as 2026-01-31"),
            .. TokenPrices,
            .. RateVariants,
        ]);

    private static ConfigKey Price(string name, string meaning, string fallback) =>
        new(name, KeyKind.Decimal, meaning) { Min = 0, Max = 1_000_000_000, Default = fallback, Range = "0 to 1000000000" };

    private static ConfigKey Tier(string name) => new(
        name,
        KeyKind.Integer,
        $"Prices where the answer says that it was served in the tier `{name}`: per cent of every price, such as `50`, or a block of prices")
    {
        Block = RateTier,
        Min = 1,
        Max = 1000,
        Default = "the ordinary prices, and the request is counted as unpriced",
        Range = "1 to 1000 per cent",
    };
}
