using System.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>Every field and block of a request.</summary>
internal static class FidelityRows
{
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    private const string Pdf = "JVBERi0xLjQKJSVFT0YK";

    /// <summary>In the order of the page.</summary>
    public static IReadOnlyList<FidelityRow> All { get; } =
    [
        new("system text", static request => request.System.Add(Text(request, "Be brief."))),
        new("system turn in mid-conversation", static request => request.Messages.Insert(2, SystemTurn(request))),
        new("output limit", static request => request.MaxTokens = 4000),
        new("temperature in [0, 1]", static request => request.Temperature = Json("0.5")),
        new("temperature above 1", static request => request.Temperature = Json("1.5")),
        new("top_p", static request => request.TopP = Json("0.9")),
        new("top_k", static request => request.TopK = 20),
        new("stop strings", static request => request.Stop.Add(JsonText.From("END"))),
        new("seven stop strings", static request => request.Stop.AddRange("abcdefg".Select(static letter => JsonText.From(letter.ToString())))),
        new("seed", static request => request.Seed = Json("7")),
        new("frequency penalty", static request => request.FrequencyPenalty = Json("0.5")),
        new("presence penalty", static request => request.PresencePenalty = Json("0.5")),
        new("several candidates", static request => request.CandidateCount = 3) { ForOpenAI = ProtocolId.Gemini },
        new("log probabilities", static request => (request.Logprobs, request.TopLogprobs) = (true, 3)),
        new("JSON answer", static request => request.ResponseFormat = new() { Json = true }),
        new("JSON answer by schema", static request => request.ResponseFormat = new() { Json = true, Schema = Schema }),
        new("name of the schema", static request => request.ResponseFormat =
            new() { Json = true, Schema = Schema, Name = JsonText.From("weather") }) { Base = static request => request.ResponseFormat =
            new() { Json = true, Schema = Schema } },
        new("reasoning effort", static request => (request.Reasoning.Effort, request.MaxTokens) = (ReasoningEffort.Medium, 30_000)),
        new("reasoning budget", static request => (request.Reasoning.Mode, request.Reasoning.Budget, request.MaxTokens) =
            (ReasoningMode.Budget, 8192, 30_000)),
        new("reasoning off", static request => request.Reasoning.Mode = ReasoningMode.Off, All6),
        new("reasoning shown", static request => (request.Reasoning.Effort, request.Reasoning.Display, request.MaxTokens) =
            (ReasoningEffort.Medium, true, 30_000)) { Base = static request => (request.Reasoning.Effort, request.MaxTokens) =
            (ReasoningEffort.Medium, 30_000) },
        new("end user", static request => request.User = JsonText.From("user-1")),
        new("metadata", static request => request.Metadata = Json("""{"team":"blue"}""")),
        new("service tier `flex`", static request => request.ServiceTier = JsonText.From("flex")),
        new("service tier `default`", static request => request.ServiceTier = JsonText.From("default")),
        new("verbosity", static request => request.Verbosity = JsonText.From("low")),
        new("prompt cache key", static request => request.PromptCacheKey = JsonText.From("key-1")),
        new("caching of the whole request", static request => request.CacheAuto = CacheMark.Default, ProtocolId.OpenAI, ProtocolId.Responses,
            ProtocolId.Gemini),
        new("state held by the vendor", static request => request.VendorState = "previous_response_id"),
        new("a field of one vendor", static request => request.Extra.Add(new JsonMember(JsonText.From("logit_bias"), default))),
        new("function tool", static request => AddTool(request)),
        new("strict function tool", static request => AddTool(request, strict: true), ProtocolId.Gemini) { Base =
            static request => AddTool(request) },
        new("free-text tool", static request => request.Tools.Add(new() { Kind = ToolKind.Custom, Name = JsonText.From("write") })),
        new("grammar of a free-text tool", static request => request.Tools.Add(new()
        {
            Kind = ToolKind.Custom,
            Name = JsonText.From("write"),
            Format = Json("""{"type":"grammar","syntax":"lark","definition":"start: WORD"}"""),
        })) { Base = static request => request.Tools.Add(new() { Kind = ToolKind.Custom, Name = JsonText.From("write") }) },
        new("tool run by the vendor", static request => request.Tools.Add(new() { Kind = ToolKind.Hosted, Name = JsonText.From("web_search") })),
        new("web search run by the vendor", static request => Search(request, Json("""{"type":"web_search_20250305","name":"web_search"}"""))),
        new("domains of a web search", static request => Search(
            request, Json("""{"type":"web_search_20250305","name":"web_search","allowed_domains":["example.com"]}"""))) { Base =
            static request => Search(request, Json("""{"type":"web_search_20250305","name":"web_search"}""")) },
        new("cache mark on a tool", static request => AddTool(request, cache: CacheMark.Default)) { Base = static request => AddTool(request) },
        new("tool choice: automatic", static request => Choose(request, new() { Kind = ToolChoiceKind.Auto }), All6) { Base =
            static request => Choose(request, default) },
        new("tool choice: none", static request => Choose(request, new() { Kind = ToolChoiceKind.None }), ProtocolId.Bedrock) { Base =
            static request => Choose(request, default) },
        new("tool choice: some tool", static request => Choose(request, new() { Kind = ToolChoiceKind.Required })) { Base =
            static request => Choose(request, default) },
        new("tool choice: one tool", static request => Choose(request, new() { Kind = ToolChoiceKind.Tool, Name = JsonText.From("look") })) { Base =
            static request => Choose(request, default) },
        new("tool choice: one of a list", static request => Choose(
            request, new() { Kind = ToolChoiceKind.Allowed, AllowedRequired = true, Allowed = [JsonText.From("look")] })) { Base =
            static request => Choose(request, default) },
        new("no parallel calls", static request =>
        {
            AddTool(request);
            request.ParallelToolCalls = false;
        }) { Base = static request => AddTool(request) },
        new("cache mark on text", static request => Add(request, BlockKind.Text, static block => (block.Text, block.Cache) =
            (JsonText.From("Long."), CacheMark.Default))) { Base =
            static request => Add(request, BlockKind.Text, static block => block.Text = JsonText.From("Long.")) },
        new("image, bytes", static request => Add(request, BlockKind.Image, static block => Media(block, "image/png", Pixel))),
        new("image, address", static request => Add(request, BlockKind.Image, static block => Address(block, "https://example.com/a.png"))),
        new("image, vendor's file", static request => Add(request, BlockKind.Image, static block => (block.Source, block.Data, block.Origin) =
            (MediaSource.Vendor, JsonText.From("file-1"), (ProtocolId)255))),
        new("image detail", static request => Add(request, BlockKind.Image, static block =>
        {
            Media(block, "image/png", Pixel);
            block.Detail = JsonText.From("high");
        })) { Base = static request => Add(request, BlockKind.Image, static block => Media(block, "image/png", Pixel)) },
        new("PDF, bytes", static request => Add(request, BlockKind.Document, static block => Media(block, "application/pdf", Pdf))),
        new("PDF, address", static request => Add(request, BlockKind.Document, static block =>
        {
            Address(block, "https://example.com/a.pdf");
            block.MediaType = JsonText.From("application/pdf");
        })),
        new("document, text", static request => Add(request, BlockKind.Document, static block => (block.Source, block.Text, block.MediaType) =
            (MediaSource.Text, JsonText.From("The sky is green."), JsonText.From("text/plain")))),
        new("document title", static request => Add(request, BlockKind.Document, static block =>
        {
            Media(block, "application/pdf", Pdf);
            block.Title = JsonText.From("Report");
        })) { Base = static request => Add(request, BlockKind.Document, static block => Media(block, "application/pdf", Pdf)) },
        new("document context", static request => Add(request, BlockKind.Document, static block =>
        {
            Media(block, "application/pdf", Pdf);
            block.Context = JsonText.From("Of last year.");
        })) { Base = static request => Add(request, BlockKind.Document, static block => Media(block, "application/pdf", Pdf)) },
        new("sound, bytes", static request => Add(request, BlockKind.Audio, static block => Media(block, "audio/wav", "UklGRg=="))),
        new("video, bytes", static request => Add(request, BlockKind.Video, static block => Media(block, "video/mp4", "AAAAGA=="))),
        new("search result", static request => Add(request, BlockKind.SearchResult, block =>
        {
            (block.Title, block.Data) = (JsonText.From("Ruby"), JsonText.From("https://example.com"));
            block.AddChild(Text(request, "Ruby is red."));
        })),
        new("assistant text", static request => Answer(request, BlockKind.Text, static block => block.Text = JsonText.From("Hello."))),
        new("assistant text with citation", static request => Answer(request, BlockKind.Text, static block =>
        {
            block.Text = JsonText.From("Hello.");
            block.AddCitation(Citation.New(CitationKind.Web, (ProtocolId)255) with { Url = JsonText.From("https://example.com"), Title =
                JsonText.From("T"), CitedText = JsonText.From("Hi") });
        })) { Base = static request => Answer(request, BlockKind.Text, static block => block.Text = JsonText.From("Hello.")) },
        new("phase of assistant text", static request => Answer(
            request, BlockKind.Text, static block => (block.Text, block.Phase) = (JsonText.From("Hello."), JsonText.From("commentary")))) { Base =
            static request => Answer(request, BlockKind.Text, static block => block.Text = JsonText.From("Hello.")) },
        new("refusal", static request => Answer(request, BlockKind.Refusal, static block => block.Text = JsonText.From("No."))),
        new("thinking, signed by the target's vendor", static request
            => Answer(request, BlockKind.Thinking, static block => (block.Text, block.Signature) =
            (JsonText.From("Hm."), JsonText.From("c2lnbmVk")))),
        new("thinking, signed by another vendor", static request
            => Answer(request, BlockKind.Thinking, static block => (block.Text, block.Signature, block.Origin) =
            (JsonText.From("Hm."), JsonText.From("c2lnbmVk"), (ProtocolId)255))),
        new("thinking without signature", static request => Answer(
            request, BlockKind.Thinking, static block => (block.Text, block.Origin) = (JsonText.From("Hm."), (ProtocolId)255))),
        new("encrypted thinking of the target's vendor", static request
            => Answer(request, BlockKind.Thinking, static block => (block.Text, block.Redacted) = (JsonText.From("c2VjcmV0"), true))),
        new("call and result", static request => Call(request, static _ => { })),
        new("free-text call", static request =>
        {
            request.Tools.Add(new() { Kind = ToolKind.Custom, Name = JsonText.From("look") });
            Block call = Call(request, static _ => { });
            (call.IsCustomTool, call.Input, call.InputText) = (true, default, JsonText.From("words"));
        }),
        new("failed result", static request => Call(request, static result => result.IsError = true)) { Base =
            static request => Call(request, static _ => { }) },
        new("JSON result", static request => Call(request, result
            => result.AddChild(With(request, BlockKind.Json, static block => block.Input = Json("""{"a":[1]}"""))))) { Base =
            static request => Call(request, static _ => { }) },
        new("image in a result", static request => Call(request,
            result => result.AddChild(With(request, BlockKind.Image, static block => Media(block, "image/png", Pixel))))) { Base =
            static request => Call(request, static _ => { }) },
        new("result without a call", static request => Add(request, BlockKind.ToolResult, block =>
        {
            block.Id = JsonText.From("call_9");
            block.AddChild(Text(request, "found"));
        })),
        new("call run by the vendor", static request => Answer(
            request, BlockKind.ServerToolUse, static block => (block.Id, block.Name, block.Input) =
            (JsonText.From("srv_1"), JsonText.From("web_search"), Json("{}")))),
        new("block of one vendor", static request => Answer(request, BlockKind.Opaque, static block => block.Raw = Json("""{"type":"novelty"}"""))),
    ];

    private static ProtocolId[] All6 => Enum.GetValues<ProtocolId>();

    private static JsonSlice Schema
        => Json("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}""");

    private static JsonSlice Json(string json) => JsonSlice.From(Encoding.UTF8.GetBytes(json));

    private static Block Text(ChatRequest request, string text) => request.Arena.NewText(JsonText.From(text));

    private static Message SystemTurn(ChatRequest request)
    {
        Message turn = request.Arena.NewMessage(Role.System);
        turn.Blocks.Add(Text(request, "Now be long."));
        return turn;
    }

    private static Block With(ChatRequest request, BlockKind kind, Action<Block> fill)
    {
        Block block = request.Arena.NewBlock(kind);
        fill(block);
        return block;
    }

    private static void Add(ChatRequest request, BlockKind kind, Action<Block> fill) => request.Messages[0].Blocks.Add(With(request, kind, fill));

    // Before the words the model said: thinking comes first.
    private static void Answer(ChatRequest request, BlockKind kind, Action<Block> fill)
        => request.Messages[1].Blocks.Insert(0, With(request, kind, fill));

    private static void AddTool(ChatRequest request, bool? strict = null, CacheMark cache = CacheMark.None) =>
        request.Tools.Add(new() { Name = JsonText.From("look"), Description = JsonText.From("Looks."), Schema = Schema, Strict = strict, Cache =
            cache });

    private static void Search(ChatRequest request, JsonSlice entry)
        => request.Tools.Add(new() { Kind = ToolKind.Hosted, Name = JsonText.From("web_search"), Raw = entry, Origin = ProtocolId.Anthropic });

    private static void Choose(ChatRequest request, ToolChoice choice)
    {
        AddTool(request);
        request.Tools.Add(new() { Name = JsonText.From("other"), Schema = Schema });
        request.ToolChoice = choice;
    }

    private static Block Call(ChatRequest request, Action<Block> fill)
    {
        if (request.Tools.Count == 0)
        {
            AddTool(request);
        }

        Block call = With(request, BlockKind.ToolUse, static block => (block.Id, block.Name, block.Input) =
            (JsonText.From("call_1"), JsonText.From("look"), Json("""{"city":"Rome"}""")));
        request.AddMessage(Role.Assistant).Blocks.Add(call);
        request.AddMessage(Role.Tool).Blocks.Add(With(request, BlockKind.ToolResult, block =>
        {
            block.Id = JsonText.From("call_1");
            block.Name = JsonText.From("look");
            block.AddChild(Text(request, "sunny"));
            fill(block);
        }));
        return call;
    }

    private static void Media(Block block, string type, string data) => (block.Source, block.MediaType, block.Data) =
        (MediaSource.Base64, JsonText.From(type), JsonText.From(data));

    private static void Address(Block block, string url) => (block.Source, block.Data) = (MediaSource.Url, JsonText.From(url));
}
