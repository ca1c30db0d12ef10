using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Request;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>One body, carried over one hop, as the other side sees it.</summary>
/// <param name="Json">What arrives.</param>
/// <param name="Losses">What was noted as lost.</param>
/// <param name="Context">What the hop remembers for the way back.</param>
internal sealed record Carried(JsonElement Json, Losses Losses, TranslationContext Context)
{
    /// <summary>Every string that stands anywhere in <see cref="Json"/>, names of members excluded.</summary>
    public IEnumerable<string> Strings => StringsOf(Json);

    /// <summary>A request that must be accepted.</summary>
    public static Carried Request(ProtocolId from, ProtocolId to, string json, EgressTarget? target = null, bool stream = false)
    {
        target ??= Hop.Target(to);
        var context = new TranslationContext(from, to, target);
        using ChatRequest request = ChatRequest.Rent();
        using var output = new PooledBuffer();
        Assert.Null(RequestTranslation.Translate(
            Encoding.UTF8.GetBytes(json), JsonText.From("m"), stream, ProtocolTable.Get(from), ProtocolTable.Get(to), target, context, request,
            output));
        JsonElement sent = Parse(output);
        Assert.Empty(VendorRules.Broken(to, sent, target));
        AssertFound(json, sent, context.Losses);
        return new(sent, context.Losses, context);
    }

    /// <summary>What a request that must not be accepted is answered with.</summary>
    public static GatewayError Refused(ProtocolId from, ProtocolId to, string json, EgressTarget? target = null)
    {
        target ??= Hop.Target(to);
        using ChatRequest request = ChatRequest.Rent();
        using var output = new PooledBuffer();
        return RequestTranslation.Translate(
            Encoding.UTF8.GetBytes(json), JsonText.From("m"), false, ProtocolTable.Get(from), ProtocolTable.Get(to), target, new(from, to, target),
            request, output)!;
    }

    /// <summary>A whole answer of the provider <paramref name="from"/> to a client of <paramref name="to"/>.</summary>
    public static Carried Answer(ProtocolId from, ProtocolId to, string json, TranslationContext? context = null)
    {
        Protocol client = ProtocolTable.Get(to);
        context ??= Hop.Context(client, ProtocolTable.Get(from));
        using ChatResponse response = ChatResponse.Rent();
        using var output = new PooledBuffer();
        Assert.True(ResponseTranslation.Translate(
            Encoding.UTF8.GetBytes(json), ProtocolTable.Get(from), client, context, Hop.Identity(client, from), response, output));
        Assert.Null(response.Failure);
        JsonElement seen = Parse(output);
        if (context.Thinking == ThinkingView.Shown)
        {
            AssertFound(json, seen, context.Losses);
        }

        return new(seen, context.Losses, context);
    }

    /// <summary>A stream of the provider <paramref name="from"/>, as the text that a client of <paramref name="to"/> gets.</summary>
    public static (string Text, Losses Losses) Stream(ProtocolId from, ProtocolId to, string stream, TranslationContext? context = null)
    {
        (Protocol provider, Protocol client) = (ProtocolTable.Get(from), ProtocolTable.Get(to));
        context ??= Hop.Context(client, provider);
        using var translation = new StreamTranslation(provider, client, context, Streams.Context(client, from));
        byte[] text = Streams.Translate(translation, Streams.Frames(provider, "text/event-stream", Encoding.UTF8.GetBytes(stream)));
        Assert.True(translation.IsComplete);
        return (Encoding.UTF8.GetString(text), translation.Losses);
    }

    private static void AssertFound(string said, JsonElement arrived, in Losses losses)
    {
        using JsonDocument document = JsonDocument.Parse(said);
        if (losses.IsEmpty)
        {
            Assert.Empty(Scalars.Missing(document.RootElement, arrived));
        }
    }

    private static JsonElement Parse(PooledBuffer output)
    {
        using JsonDocument document = JsonDocument.Parse(output.Span.ToArray());
        return document.RootElement.Clone();
    }

    private static IEnumerable<string> StringsOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(StringsOf),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(static member => StringsOf(member.Value)),
        _ => [],
    };
}
