using System.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Request;
using Busbar.Protocols.Translation.Response;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Growth;

/// <summary>No body costs more memory than a small multiple of its length, whatever it is made of.</summary>
public sealed class MemoryGrowthTests
{
    // Large enough for what every translation may take to be small beside it.
    private const int BodyLength = 12 * 1024 * 1024;

    // Everything allocated on the way, most of which is garbage before the end; what is alive at once is bounded by the allowance itself.
    private const long MaxAllocated = (10L * BodyLength) + Allowance.Floor;
    private const int Tries = 2;

    private static readonly string[] Shapes = ["empty parts", "parts", "turns", "tools", "properties", "references in a chain", "calls in one turn",
        "unknown members"];

    public static TheoryData<string> Names => [.. Shapes];

    // A third of the pairs for each shape, others for the next: each pair meets some shapes, and each shape every protocol on both sides.
    private static bool IsTried(string shape, Protocol from, Protocol to) =>
        ((int)from.Id + (int)to.Id + Array.IndexOf(Shapes, shape)) % 3 == 0;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_request_of_tiny_elements_takes_a_small_multiple_of_its_length_or_is_refused(string shape)
    {
        Func<ProtocolId, int, byte[]> build = RequestShapes.All[shape];
        foreach (Protocol from in Hop.Protocols)
        {
            int each = (build(from.Id, 2000).Length - build(from.Id, 1000).Length) / 1000;
            byte[] body = build(from.Id, BodyLength / Math.Max(8, each));
            foreach (Protocol to in Hop.Protocols.Where(to => IsTried(shape, from, to)))
            {
                long allocated = Least(() =>
                {
                    using ChatRequest request = ChatRequest.Rent();
                    using var output = new PooledBuffer();
                    EgressTarget target = Hop.Target(to.Id);
                    GatewayError? refusal = RequestTranslation.Translate(
                        body, JsonText.From("m"), false, from, to, target, new(from.Id, to.Id, target), request, output);
                    Assert.True(refusal is null or { Kind: ErrorKind.InvalidRequest });
                });
                Assert.True(allocated <= MaxAllocated,
                    $"{shape}, {from.Id} to {to.Id}: {allocated / 1024 / 1024} MiB for {body.Length / 1024 / 1024} MiB");
            }
        }
    }

    [Theory]
    [InlineData("anthropic", """{"id":"a","type":"message","role":"assistant","model":"m","stop_reason":"end_turn","usage":{},"content":[""",
        """{"type":"text","text":"a"}""", "]}")]
    [InlineData("gemini", """{"candidates":[{"finishReason":"STOP","content":{"role":"model","parts":[""", """{"text":"a"}""", "]}}]}")]
    [InlineData("bedrock", """{"stopReason":"end_turn","usage":{},"output":{"message":{"role":"assistant","content":[""", """{"text":"a"}""", "]}}}")]
    [InlineData("responses", """{"id":"a","object":"response","status":"completed","model":"m","output":[""", """{"type":"reasoning","summary":[]}""",
        "]}")]
    [InlineData("cohere", """{"id":"a","finish_reason":"COMPLETE","message":{"role":"assistant","content":[""", """{"type":"text","text":"a"}""",
        "]}}")]
    public void An_answer_of_tiny_elements_takes_a_small_multiple_of_its_length_or_is_refused(string name, string head, string part, string tail)
    {
        Assert.True(ProtocolNames.TryParse(name, out ProtocolId from));
        byte[] body = Encoding.UTF8.GetBytes(head + string.Join(',', Enumerable.Repeat(part, BodyLength / (part.Length + 1))) + tail);
        Protocol provider = ProtocolTable.Get(from);
        foreach (Protocol client in Hop.Protocols.Where(protocol => protocol != provider))
        {
            long allocated = Least(() =>
            {
                using ChatResponse response = ChatResponse.Rent();
                using var output = new PooledBuffer();
                ResponseTranslation.Translate(body, provider, client, Hop.Context(client, provider), Hop.Identity(client, from), response, output);
            });
            Assert.True(allocated <= MaxAllocated, $"{from} to {client.Id}: {allocated / 1024 / 1024} MiB");
        }
    }

    // What finds all pools empty, because other tests hold what was in them, is tried again.
    private static long Least(Action run)
    {
        long least = long.MaxValue;
        for (int attempt = 0; attempt < Tries && least > MaxAllocated; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    [Fact]
    public void Too_many_tools_are_named_with_their_limit()
    {
        byte[] body = RequestShapes.All["tools"](ProtocolId.OpenAI, ChatRequest.MaxTools + 1);
        GatewayError refusal = Carried.Refused(ProtocolId.OpenAI, ProtocolId.Anthropic, Encoding.UTF8.GetString(body));

        Assert.Equal((ErrorKind.InvalidRequest, "The request has too many tools: at most 20,000 are allowed."), (refusal.Kind, refusal.Message));
    }

    [Fact]
    public void What_the_largest_agents_send_is_translated()
    {
        var body = new Bodies(ProtocolId.Anthropic);
        for (int index = 0; index < 2_500; index++)
        {
            body.Tool($"tool_{index}");
        }

        for (int index = 0; index < 2_000; index++)
        {
            body.Calls(Enumerable.Range(0, 5).Select(call => ($"call_{index}_{call}", $"tool_{call}")))
                .Results(Enumerable.Range(0, 5).Select(call => ($"call_{index}_{call}", $"tool_{call}")));
        }

        byte[] json = body.Build();
        foreach (Protocol to in Hop.Protocols)
        {
            using ChatRequest request = ChatRequest.Rent();
            using var output = new PooledBuffer();
            EgressTarget target = Hop.Target(to.Id);
            Assert.Null(RequestTranslation.Translate(json, default, false, ProtocolTable.Get(ProtocolId.Anthropic), to, target,
                new(ProtocolId.Anthropic, to.Id, target), request, output));
        }
    }

    [Fact]
    public void Work_ends_when_nobody_waits_for_it()
    {
        byte[] body = RequestShapes.All["parts"](ProtocolId.Anthropic, 100_000);
        using ChatRequest request = ChatRequest.Rent();
        using var output = new PooledBuffer();
        EgressTarget target = Hop.Target(ProtocolId.OpenAI);

        Assert.ThrowsAny<OperationCanceledException>(() => RequestTranslation.Translate(
            body, default, false, ProtocolTable.Get(ProtocolId.Anthropic), ProtocolTable.Get(ProtocolId.OpenAI), target,
            new(ProtocolId.Anthropic, ProtocolId.OpenAI, target), request, output, new CancellationToken(canceled: true)));
    }
}
