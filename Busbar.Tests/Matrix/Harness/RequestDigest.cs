using System.Text;
using System.Text.RegularExpressions;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>
/// What a request says, neutral of protocol and of how turns are cut: one line of text per aspect. Two digests of the same request through different
/// protocols differ only where something was lost.
/// </summary>
internal sealed class RequestDigest
{
    /// <summary>Each aspect, and the losses one of which must be noted when it is not the same on the other side.</summary>
    public static readonly IReadOnlyDictionary<string, LossField[]> Aspects = new Dictionary<string, LossField[]>
    {
        ["system text"] = [LossField.ResponseFormat],
        ["user text"] = [LossField.FirstTurn, LossField.EmptyTurn, LossField.AssistantPrefill, LossField.OrphanToolResult, LossField.Document,
            LossField.SearchResult, LossField.ToolResultMedia, LossField.VendorFile],
        ["assistant text"] = [LossField.Document],
        ["calls"] = [LossField.ToolInput],
        ["results"] = [LossField.OrphanToolResult, LossField.ToolResultMedia, LossField.Document, LossField.SearchResult],
        ["failed results"] = [LossField.ToolResultError, LossField.OrphanToolResult],
        ["media"] = [LossField.Image, LossField.Document, LossField.Audio, LossField.Video, LossField.VendorFile, LossField.ToolResultMedia],
        ["image detail"] = [LossField.ImageDetail, LossField.Image, LossField.VendorFile, LossField.ToolResultMedia],
        ["titles"] = [LossField.ToolResultMedia, LossField.Document, LossField.DocumentContext, LossField.SearchResult, LossField.VendorFile],
        ["search results"] = [LossField.SearchResult],
        ["thinking"] = [LossField.Thinking, LossField.ThinkingSignature],
        ["tool signatures"] = [LossField.ToolSignature],
        ["phase"] = [LossField.Phase],
        ["server tools"] = [LossField.ServerTool],
        ["opaque blocks"] = [LossField.OpaqueBlock],
        ["tool changes"] = [LossField.ToolChange],
        ["citations"] = [LossField.Citations],
        ["cache marks"] = [LossField.CacheControl, LossField.ToolChoice, LossField.Image, LossField.Document, LossField.VendorFile,
            LossField.HostedTool],
        ["tools"] = [LossField.DeferredTool, LossField.ToolChoice, LossField.HostedTool, LossField.Schema, LossField.CustomToolFormat],
        ["tool strictness"] = [LossField.DeferredTool, LossField.ToolChoice, LossField.ToolStrict, LossField.HostedTool, LossField.CustomToolFormat],
        ["tool choice"] = [LossField.ToolChoice],
        ["parallel calls"] = [LossField.ParallelToolCalls],
        ["max tokens"] = [LossField.MaxTokens],
        ["temperature"] = [LossField.Temperature],
        ["top_p"] = [LossField.TopP],
        ["top_k"] = [LossField.TopK],
        ["stop"] = [LossField.StopSequences],
        ["seed"] = [LossField.Seed],
        ["frequency penalty"] = [LossField.FrequencyPenalty],
        ["presence penalty"] = [LossField.PresencePenalty],
        ["candidates"] = [LossField.CandidateCount],
        ["logprobs"] = [LossField.Logprobs],
        ["answer form"] = [LossField.ResponseFormat, LossField.Schema],
        ["answer form's name"] = [LossField.ResponseFormatName, LossField.ResponseFormat],
        ["reasoning"] = [LossField.Reasoning],
        ["reasoning display"] = [LossField.ReasoningDisplay, LossField.Reasoning],
        ["user"] = [LossField.User],
        ["metadata"] = [LossField.Metadata],
        ["tier"] = [LossField.ServiceTier],
        ["verbosity"] = [LossField.Verbosity],
        ["cache key"] = [LossField.PromptCacheKey],
    };

    private static readonly string[] Fillers = ["(nooutput)", "(noresult)", "Thedocumentisattached.", "."];

    private static readonly Regex StandIn =
        new(@"\[An?(image|audiorecording|video|document)(named"".*?"")?wasattachedhere\.Itcouldnotbepassedontothismodel\.\]");

    private readonly StringBuilder _user = new();
    private readonly StringBuilder _assistant = new();
    private readonly List<string> _calls = [];
    private readonly List<(int Call, string Said)> _results = [];
    private readonly List<string> _media = [];
    private readonly Dictionary<string, int> _tally = [];
    private readonly Dictionary<string, int> _ordinals = [];
    private readonly Func<JsonText, string> _name;

    /// <summary>Digests <paramref name="request"/>; <paramref name="clientName"/> undoes the renaming of tools.</summary>
    public RequestDigest(ChatRequest request, Func<JsonText, JsonText>? clientName = null)
    {
        _name = name => (clientName is null ? name : clientName(name)).ToString();
        var system = new StringBuilder();
        foreach (Block block in request.System.Concat(request.Messages.Where(static message => message.Role == Role.System)
            .SelectMany(static message => message.Blocks)))
        {
            Take(block, system, Role.System);
        }

        foreach (Message message in request.Messages.Where(static message => message.Role != Role.System))
        {
            foreach (Block block in message.Blocks)
            {
                Take(block, message.Role == Role.Assistant ? _assistant : _user, message.Role);
            }
        }

        Values["system text"] = CanonicalJson.Squeezed(system.ToString());
        Values["user text"] = CanonicalJson.Squeezed(_user.ToString());
        Values["assistant text"] = CanonicalJson.Squeezed(_assistant.ToString());
        Values["calls"] = string.Join('\n', _calls);
        Values["results"] = string.Join('\n', _results.OrderBy(static result => result.Call)
            .Select(static result => result.Call + " " + result.Said));
        Values["media"] = string.Join('\n', _media.Order(StringComparer.Ordinal));
        TakeTools(request);
        TakeSettings(request);
        foreach (string counted in new[] { "failed results", "image detail", "titles", "search results", "thinking", "tool signatures", "phase",
            "server tools", "opaque blocks", "tool changes", "citations", "cache marks" })
        {
            Values[counted] = _tally.GetValueOrDefault(counted).ToString();
        }
    }

    /// <summary>What is said of each aspect; empty or "0" for nothing.</summary>
    public Dictionary<string, string> Values { get; } = [];

    /// <summary>
    /// The aspects in which <paramref name="arrived"/> differs from <paramref name="sent"/> although no loss that explains it was noted.
    /// </summary>
    public static IEnumerable<string> SilentChanges(RequestDigest sent, RequestDigest arrived, Losses losses) => Aspects
        .Where(aspect => IsChanged(aspect.Key, sent.Values[aspect.Key], arrived.Values[aspect.Key])
            && !aspect.Value.Any(loss => losses.Contains(loss)))
        .Select(aspect => $"{aspect.Key}: {Excerpt(sent.Values[aspect.Key], arrived.Values[aspect.Key])}");

    /// <summary>Whether an aspect lost anything: a name that a file must have, or words that must stand where nothing may, are no loss.</summary>
    public static bool IsChanged(string aspect, string sent, string arrived) => aspect switch
    {
        "titles" => int.Parse(arrived) < int.Parse(sent),
        "user text" or "assistant text" or "results" => Without(sent) != Without(arrived),
        _ => sent != arrived,
    };

    private static string Without(string text) => Fillers.Aggregate(
        StandIn.Replace(text, ""), static (current, filler) => current.Replace(filler, ""));

    private static string Excerpt(string sent, string arrived)
    {
        int same = 0;
        while (same < Math.Min(sent.Length, arrived.Length) && sent[same] == arrived[same])
        {
            same++;
        }

        int from = Math.Max(0, same - 20);
        return $"'{Cut(sent, from)}' became '{Cut(arrived, from)}'";
    }

    private static string Cut(string text, int from) => text.Length <= from ? "" : text.Substring(from, Math.Min(100, text.Length - from));

    private void Take(Block block, StringBuilder text, Role role)
    {
        Count("cache marks", block.Cache != CacheMark.None);
        Count("phase", !block.Phase.IsNullOrEmpty);
        switch (block.Kind)
        {
            case BlockKind.Text or BlockKind.Refusal:
                text.Append(block.Text.ToString());
                Count("citations", block.Citations is { Count: > 0 });
                break;
            case BlockKind.Thinking:
                Count("thinking", true);
                break;
            case BlockKind.ToolUse:
                _ordinals[block.Id.ToString()] = _calls.Count;
                _calls.Add(_name(block.OwnName.IsAbsent ? block.Name : block.OwnName) + Arguments(block));
                Count("tool signatures", !block.Signature.IsNullOrEmpty && !block.Signature.Is("skip_thought_signature_validator"u8));
                break;
            case BlockKind.ToolResult:
                Count("failed results", block.IsError);
                var said = new StringBuilder();
                foreach (Block child in block.Children ?? [])
                {
                    Take(child, said, Role.Tool);
                }

                _results.Add((_ordinals.GetValueOrDefault(block.Id.ToString(), -1), CanonicalJson.Result(said.ToString())));
                break;
            case BlockKind.Json:
                text.Append(block.Input.ToString());
                break;
            case BlockKind.SearchResult:
                Count("search results", true);
                foreach (Block child in block.Children ?? [])
                {
                    Take(child, text, role);
                }

                break;
            case BlockKind.Image or BlockKind.Document or BlockKind.Audio or BlockKind.Video:
                TakeMedia(block, text, role);
                break;
            case BlockKind.ServerToolUse or BlockKind.ServerToolResult:
                Count("server tools", true);
                break;
            case BlockKind.ToolChange:
                Count("tool changes", true);
                break;
            default:
                Count("opaque blocks", true);
                break;
        }
    }

    private void TakeMedia(Block block, StringBuilder text, Role role)
    {
        string content = block.Source switch
        {
            MediaSource.Text => block.Text.ToString(),
            MediaSource.Blocks => string.Concat((block.Children ?? []).Select(static child => child.Text.ToString())),
            _ => block.Data.ToString(),
        };
        _media.Add($"{(block.Source is MediaSource.Url or MediaSource.Vendor ? "somewhere" : block.Kind)}" +
            $" {(block.Source is MediaSource.Text or MediaSource.Blocks ? "text" : block.Source is MediaSource.Vendor ? MediaSource.Url : block.Source)} {content.Length} {content.GetHashCode(StringComparison.Ordinal)}");
        Count("image detail", !block.Detail.IsNullOrEmpty && !block.Detail.Is("auto"u8));
        Count("titles", !(block.Title.IsNullOrEmpty || block.Title.Is("document.pdf"u8)) || !block.Context.IsNullOrEmpty);
    }

    private void TakeTools(ChatRequest request)
    {
        Tool[] functions = [.. request.Tools.Where(static tool => tool.Kind != ToolKind.Hosted)];
        Values["tools"] = string.Join('\n', functions.Select(Offer))
            + string.Concat(request.Tools.Where(static tool => tool.Kind == ToolKind.Hosted)
            .Select(static tool => "\nhosted" + Regex.Match(tool.Raw.ToString(), "allowed_domains\":(\\[.*?\\])").Groups[1].Value));
        Values["tool strictness"] = string.Join(',', functions.Select(static tool => tool.Strict == true));
        foreach (Tool tool in request.Tools)
        {
            Count("cache marks", tool.Cache != CacheMark.None);
        }

        ToolChoice choice = request.ToolChoice;
        bool isOnly = request.Tools.Count == 1 && choice.Kind == ToolChoiceKind.Tool;
        Values["tool choice"] = choice.Kind switch
        {
            _ when request.Tools.Count == 0 => "",
            ToolChoiceKind.Unspecified or ToolChoiceKind.Auto => "",
            ToolChoiceKind.Tool when isOnly => "Required",
            ToolChoiceKind.Tool => "Tool " + _name(choice.Name),
            ToolChoiceKind.Allowed
                => $"Allowed {choice.AllowedRequired} {string.Join(',', choice.Allowed!.Select(_name).Order(StringComparer.Ordinal))}",
            _ => choice.Kind.ToString(),
        };
        Values["parallel calls"] = request.Tools.Count > 0 && request.ParallelToolCalls == false ? "no" : "";
    }

    private string Offer(Tool tool) => tool.Kind == ToolKind.Custom
        ? $"{_name(tool.Name)} custom {CanonicalJson.Squeezed(tool.Description.ToString())}"
        : $"{_name(tool.Name)} {CanonicalJson.Of(tool.Schema.IsNull ? "{\"type\":\"object\",\"properties\":{}}" : tool.Schema.ToString())}" +
            $" {CanonicalJson.Squeezed(tool.Description.ToString())}";

    private void TakeSettings(ChatRequest request)
    {
        Values["max tokens"] = request.MaxTokens.ToString() ?? "";
        Values["temperature"] = Number(request.Temperature);
        Values["top_p"] = Number(request.TopP);
        Values["top_k"] = request.TopK.ToString() ?? "";
        Values["stop"] = string.Join('|', request.Stop);
        Values["seed"] = Number(request.Seed);
        Values["frequency penalty"] = Number(request.FrequencyPenalty);
        Values["presence penalty"] = Number(request.PresencePenalty);
        Values["candidates"] = request.CandidateCount is null or 1 ? "" : request.CandidateCount.Value.ToString();
        Values["logprobs"] = request.Logprobs == true || request.TopLogprobs > 0 ? $"yes {request.TopLogprobs ?? 0}" : "";
        Values["answer form"] = request.ResponseFormat.Json ? "json "
            + CanonicalJson.Of(request.ResponseFormat.Schema.IsNull ? "" : request.ResponseFormat.Schema.ToString()) : "";
        Values["answer form's name"] =
            $"{(request.ResponseFormat.Name.Is("response"u8) ? "" : request.ResponseFormat.Name)} {request.ResponseFormat.Description}".Trim();
        Values["reasoning"] = request.Reasoning is { IsOn: true, Mode: not ReasoningMode.BetweenTools } ? "on" : "";
        Values["reasoning display"] = request.Reasoning.Display == true ? "shown" : "";
        Values["user"] = request.User.ToString();
        Values["metadata"] = request.Metadata.IsNull ? "" : CanonicalJson.Of(request.Metadata.ToString());
        Values["tier"] = request.ServiceTier.ToString() is "standard_only" or "standard" ? "default" : request.ServiceTier.ToString();
        Values["verbosity"] = request.Verbosity.ToString();
        Values["cache key"] = request.PromptCacheKey.ToString();
        Count("cache marks", request.CacheAuto != CacheMark.None);
    }

    private static string Arguments(Block call) => CanonicalJson.Of(
        call.IsCustomTool ? $"{{\"input\":\"{Encoding.UTF8.GetString(call.InputText.Span)}\"}}"
        : call.Input.IsNull ? (call.InputText.IsNullOrEmpty ? "{}" : call.InputText.ToString())
        : call.Input.ToString());

    private static string Number(JsonSlice value) => value.IsNull ? "" : CanonicalJson.Of(value.ToString());

    private void Count(string aspect, bool seen) => _tally[aspect] = _tally.GetValueOrDefault(aspect) + (seen ? 1 : 0);
}
