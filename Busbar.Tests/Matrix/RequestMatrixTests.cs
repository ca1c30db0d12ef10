using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request;
using Busbar.Protocols.Translation.Request.Schemas;
using Busbar.Protocols.Translation.Request.Tools;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Matrix;

/// <summary>Every recorded request, carried to every other protocol and to two models of each.</summary>
public sealed class RequestMatrixTests
{
    public static TheoryData<string, string> Pairs => Hop.PairNames;

    [SkippableTheory]
    [MemberData(nameof(Pairs))]
    public void A_recorded_request_is_accepted_fits_the_targets_schema_and_loses_nothing_in_silence(string from, string to)
    {
        Skip.IfNot(Corpus.Exists);
        Assert.True(ProtocolNames.TryParse(from, out ProtocolId source) & ProtocolNames.TryParse(to, out ProtocolId egress));
        var faults = new List<string>();
        int seen = 0;
        foreach (CorpusExchange exchange in RecordedRequests.Accepted(source))
        {
            foreach (EgressTarget target in Hop.Targets(egress))
            {
                seen++;
                faults.AddRange(Faults(exchange, ProtocolTable.Get(egress), target).Select(fault => $"{exchange.Id} to {target.WireModel}: {fault}"));
            }
        }

        Assert.True(seen > 100);
        Assert.True(faults.Count == 0, $"{faults.Count} faults in {seen}\n{string.Join('\n', faults.Take(40))}");
    }

    private static List<string> Faults(CorpusExchange exchange, Protocol egress, EgressTarget target)
    {
        Protocol ingress = ProtocolTable.Get(exchange.Protocol);
        using ChatRequest request = ChatRequest.Rent();
        using var output = new PooledBuffer();
        var context = new TranslationContext(ingress.Id, egress.Id, target);
        bool stream = RecordedRequests.Streams(exchange);
        GatewayError? refusal = RequestTranslation.Translate(
            exchange.Request!.Body, JsonText.From(exchange.Model), stream, ingress, egress, target, context, request, output);
        if (refusal is { } refused)
        {
            return IsExpected(request, target) ? [] : [$"refused: {refused.Message}"];
        }

        byte[] body = output.Span.ToArray();
        List<string> faults = [.. Shapes.Request(egress.Id, body).Where(static fault => !IsNewer(fault)).Select(static fault => "schema: " + fault)];
        using JsonDocument built = JsonDocument.Parse(body);
        faults.AddRange(VendorRules.Broken(egress.Id, built.RootElement, target).Select(static fault => "rule: " + fault));
        using JsonDocument said = JsonDocument.Parse(exchange.Request.Body);
        faults.AddRange(context.Losses.IsEmpty ? Scalars.Missing(said.RootElement, built.RootElement).Select(static fault => "not found: " + fault)
            : []);
        using ChatRequest sent = ChatRequest.Rent();
        Assert.Null(RecordedRequests.Read(exchange, sent));
        using ChatRequest arrived = ChatRequest.Rent();
        if (egress.ReadRequest(body, target.WireModelText, stream, arrived) is { } unreadable)
        {
            return [.. faults, $"cannot be read back: {unreadable.Message}"];
        }

        faults.AddRange(arrived.Extra.Where(member => IsOf(sent, member)).Select(static member => $"carries {member.Name} across"));
        faults.AddRange(RequestDigest.SilentChanges(Expected(sent, arrived, egress.Id, context), Digest(arrived, context), context.Losses)
            .Select(fault => "silent: " + fault));
        return faults;
    }

    // State that only its vendor holds; a recording of a route that names the model elsewhere; a schema for a model that can neither take one nor be
    // forced to call a tool.
    private static bool IsExpected(ChatRequest request, EgressTarget target) =>
        request.VendorState is not null || HasForeignSummary(request) || request.Model.IsNullOrEmpty
            || (request.ResponseFormat.Json && !target.Capabilities.StructuredOutput && !target.Capabilities.ForcedToolChoice);

    // What another vendor summed up and encrypted.
    private static bool HasForeignSummary(ChatRequest request) =>
        request.Messages.Exists(static message => message.Blocks.Exists(static block => block is { Kind: BlockKind.Summary, Text.IsAbsent: true }));

    // The published schema is older than this form of thinking (Claude 5.5).
    private static bool IsNewer(string fault) => fault == "/thinking/type: disabled was expected";

    // Store is said to Responses in any case; reasoning is modelled, and kept raw as well.
    private static bool IsOf(ChatRequest sent, JsonMember member) =>
        !(member.Name.Is("store"u8) || member.Name.Is("reasoning"u8))
            && sent.Extra.Exists(own => own.Name.Equals(member.Name) && own.Value.Raw.Span.SequenceEqual(member.Value.Raw.Span));

    // What the caller will see again is not part of what was said: the tool that stands in for an answer form.
    private static RequestDigest Digest(ChatRequest arrived, TranslationContext context)
    {
        if (!context.StructuredTool.IsAbsent)
        {
            arrived.Tools.RemoveAll(tool => context.IsStructuredTool(tool.Name));
            arrived.ToolChoice = default;
        }

        return new RequestDigest(arrived, name => context.ClientTool(name).Name);
    }

    // The rules of translation that change a request without changing what it asks for.
    private static RequestDigest Expected(ChatRequest sent, ChatRequest arrived, ProtocolId egress, TranslationContext context)
    {
        // OpenAI and Gemini cache whole requests without being asked.
        sent.CacheAuto = egress is ProtocolId.Anthropic or ProtocolId.Bedrock or ProtocolId.Cohere ? sent.CacheAuto : CacheMark.None;

        // What turns change about the set of tools is done to the set, and what they refer to is said in words.
        Losses uncounted = default;
        LoadedTools.Apply(sent, ref uncounted);
        LoadedTools.Say(sent);

        // Only Anthropic demands a limit, and one that is not the caller's leaves room for thinking.
        sent.MaxTokens ??= egress == ProtocolId.Anthropic ? arrived.MaxTokens : null;

        // Gemini shows thinking only when asked, decides by itself how much unless told, and is strict with all functions or none.
        if (egress == ProtocolId.Gemini)
        {
            sent.Reasoning.Display ??= arrived.Reasoning.Display;
            sent.Reasoning = sent.Reasoning is { Mode: ReasoningMode.Adaptive, Effort: ReasoningEffort.Unspecified } ? arrived.Reasoning
                : sent.Reasoning;
            for (int index = 0; index < sent.Tools.Count && sent.Tools.TrueForAll(static tool => tool.Strict == true); index++)
            {
                arrived.Tools[index] = arrived.Tools[index] with { Strict = true };
            }
        }

        CloseSchemas(sent, arrived, egress);
        if (!context.StructuredTool.IsAbsent)
        {
            sent.ResponseFormat = default;
            sent.ToolChoice = default;
        }

        ToolChoice choice = sent.ToolChoice;
        if (choice.Kind == ToolChoiceKind.Allowed && egress is ProtocolId.Anthropic or ProtocolId.Bedrock or ProtocolId.Cohere)
        {
            // These are offered fewer tools instead.
            sent.Tools.RemoveAll(tool => !choice.Allowed!.Contains(tool.Name));
            sent.ToolChoice = new() { Kind = choice.AllowedRequired ? ToolChoiceKind.Required : ToolChoiceKind.Auto };
        }
        else if (choice.Kind == ToolChoiceKind.Tool && egress == ProtocolId.Cohere && arrived.Tools.Count == 1)
        {
            sent.Tools.RemoveAll(tool => !choice.Name.Equals(tool.Name));
            sent.ToolChoice = new() { Kind = ToolChoiceKind.Required };
        }
        else if (egress == ProtocolId.Bedrock)
        {
            FitBedrock(sent, arrived);
        }

        return new RequestDigest(sent);
    }

    // Strict decoders want every object closed.
    private static void CloseSchemas(ChatRequest sent, ChatRequest arrived, ProtocolId egress)
    {
        if (egress is ProtocolId.Anthropic or ProtocolId.Bedrock || arrived.ResponseFormat.Strict == true)
        {
            sent.ResponseFormat.Schema = sent.ResponseFormat.Schema.IsObject ? ClosedSchema.Of(sent.ResponseFormat.Schema, sent.Arena).Schema
                : sent.ResponseFormat.Schema;
        }

        for (int index = 0; index < sent.Tools.Count && egress is not (ProtocolId.Gemini or ProtocolId.Cohere); index++)
        {
            Tool tool = sent.Tools[index];
            if (tool is { Kind: ToolKind.Function, Strict: true }
                && arrived.Tools.Exists(other => other.Strict == true && other.Name.Equals(tool.Name)))
            {
                sent.Tools[index] = tool with { Schema = ClosedSchema.Of(tool.Schema, sent.Arena).Schema };
            }
        }
    }

    private static void FitBedrock(ChatRequest sent, ChatRequest arrived)
    {
        // Not calling tools is spelt by not offering them, and calls in the history need an offer.
        if (sent.ToolChoice.Kind == ToolChoiceKind.None)
        {
            sent.ToolChoice = default;
            sent.Tools.Clear();
        }

        arrived.Tools.RemoveAll(tool => !sent.Tools.Exists(own => own.Name.Equals(tool.Name)) && sent.Messages.Exists(
            message => message.Blocks.Exists(block => block.Kind == BlockKind.ToolUse && block.Name.Equals(tool.Name))));

        // Claude's own form of the choice, which has the flag, stands among the additional fields.
        if (sent.ParallelToolCalls is not null)
        {
            arrived.ToolChoice = sent.ToolChoice;
        }
    }
}
