using System.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Demo;

/// <summary>
/// What the demo suggests to try. Paths and bodies come from the protocols' own writers, so every protocol that is built in takes part.
/// </summary>
internal static class DemoTour
{
    private const string Question = "Who are you?";
    private const int MaxTokens = 256;
    private const string EventStream = "application/vnd.amazon.eventstream";

    // Each frame: its length, that of its headers and a checksum; the headers, of which one names the event; the payload and another checksum.
    private const string Decoder =
        """python3 -c 'import sys,struct;r=sys.stdin.buffer.read;[print(e[2:2+e[1]].decode(),m[h:-4].decode(),flush=True) """
        + """for p in iter(lambda:r(12),b"") for t,h in [struct.unpack(">II4x",p)] for m in [r(t-12)] for e in """ +
            """[m[:h].split(b":event-type\7")[1]]]'""";

    /// <summary>The calls, in the order in which they tell their story.</summary>
    public static IEnumerable<DemoCall> Calls(IReadOnlyList<SimulatedProvider> providers)
    {
        List<SimulatedProvider> steady = [.. providers.Where(provider => provider is { IsFlaky: false, IsBreaking: false })];
        string breaking = providers.First(provider => provider.IsBreaking).Model;
        yield return Chat("a plain answer", ProtocolId.OpenAI, Own(ProtocolId.OpenAI), stream: false);
        foreach (SimulatedProvider provider in steady)
        {
            DemoCall call = Chat($"streaming, {provider.Protocol.Name()}", provider.Protocol, provider.Model, stream: true);
            yield return ProtocolTable.Get(provider.Protocol).StreamContentType == EventStream
                ? call with { Title = $"{call.Title}, decoded from its binary frames", Shows = Decoder }
                : call;
        }

        foreach (SimulatedProvider provider in steady)
        {
            ProtocolId other = provider.Protocol == ProtocolId.Anthropic ? ProtocolId.OpenAI : ProtocolId.Anthropic;
            yield return Chat($"translation, {provider.Protocol.Name()} client to {other.Name()} provider", provider.Protocol, Own(other),
                stream: false);
        }

        yield return Chat("failover: a member of the pool answers 429 to every third call, the client sees only 200", ProtocolId.OpenAI,
            DemoConfiguration.Pool, stream: false)
            with { Times = 6, ShowsStatus = true };
        yield return new DemoCall("the failovers behind it", "GET", "/metrics",
            Shows: "grep -E '^busbar_(upstream_attempts|upstream_failures|failovers)_total.*pool=\"demo\".* [1-9]'");
        yield return Chat("a provider that dies in every fourth stream: the client gets its protocol's error event", ProtocolId.Anthropic, breaking,
            stream: true)
            with { Times = 4, Shows = "tail -n 3" };
        yield return new DemoCall("the state of every lane", "GET", "/stats");

        string Own(ProtocolId protocol) => steady.First(provider => provider.Protocol == protocol).Model;
    }

    private static DemoCall Chat(string title, ProtocolId client, string model, bool stream)
    {
        Protocol protocol = ProtocolTable.Get(client);
        var target = new EgressTarget { WireModel = model, Capabilities = ModelCapabilities.For(client, model) };
        using ChatRequest request = ChatRequest.Rent();

        // Writers repeat a request of their own protocol as it was read; this one was never read.
        request.Source = SimulatedAnswer.Foreign(client);
        request.Stream = stream;
        request.MaxTokens = MaxTokens;
        request.AddMessage(Role.User).Blocks.Add(request.Arena.NewText(JsonText.From(Question)));
        using var body = new PooledBuffer();
        Losses losses = default;
        protocol.WriteRequest(request, target, new JsonWriter(body), ref losses);
        return new DemoCall(title, "POST", protocol.EgressPath(model, stream), Encoding.UTF8.GetString(body.Span), Streams: stream);
    }
}
