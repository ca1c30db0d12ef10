using System.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Responses;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Responses;

public class HostileInputTests
{
    private static readonly string[] Tokens = ["null", "[]", "{}", "\"\"", "-1", "1e400", "\"x\"", "true", "9223372036854775808", "\"\\ud800\""];

    [SkippableFact]
    public void Mutated_bodies_are_read_and_written_without_exceptions_and_without_leaks()
    {
        Skip.IfNot(Corpus.Exists);
        var random = new Random(160);
        ResponsesProtocol protocol = ResponsesProtocol.Instance;
        int understood = 0;
        foreach (CorpusExchange exchange in Corpus.Of(ProtocolId.Responses))
        {
            foreach (ReadOnlyMemory<byte> body in (ReadOnlyMemory<byte>[])[exchange.Request?.Body ?? default, exchange.ResponseBody])
            {
                for (int round = 0; round < 6 && body.Length is > 0 and < 200_000; round++)
                {
                    byte[] mutated = Mutate(body.Span, random);
                    using ChatRequest request = ChatRequest.Rent();
                    if (protocol.ReadRequest(mutated, default, false, request) is null)
                    {
                        understood++;
                        IsJson(Exchange.Write(request).Json);
                        request.Source = ProtocolId.Gemini;
                        IsJson(Exchange.Write(request).Json);
                    }

                    using ChatResponse response = ChatResponse.Rent();
                    if (protocol.ReadResponse(mutated, response))
                    {
                        understood++;
                        IsJson(Exchange.WriteAnswer(response).Json);
                        response.Source = ProtocolId.Gemini;
                        IsJson(Exchange.WriteAnswer(response).Json);
                    }

                    Assert.True(protocol.ReadUsage(mutated).Total >= 0);
                    protocol.ReadError(400, mutated);
                }
            }
        }

        Assert.True(understood > 300, $"{understood} bodies");
    }

    [SkippableFact]
    public void Mutated_streams_are_read_and_written_legally()
    {
        Skip.IfNot(Corpus.Exists);
        var random = new Random(161);
        foreach (CorpusExchange exchange in Exchange.Streams)
        {
            using IStreamReader reader = ResponsesProtocol.Instance.NewStreamReader();
            IStreamTap tap = ResponsesProtocol.Instance.NewStreamTap();
            var sse = new StringBuilder();
            foreach (Frame frame in StreamScript.Frames(exchange.ResponseBody))
            {
                byte[] data = random.Next(4) == 0 ? Mutate(frame.Data.Span, random) : frame.Data.ToArray();
                tap.Observe(frame with { Data = data });
                if (random.Next(10) > 0)
                {
                    sse.Append("data: ").Append(Encoding.Latin1.GetString(data).Replace('\n', ' ').Replace('\r', ' ')).Append("\n\n");
                }
            }

            List<StreamEvent> events = StreamScript.Read(Encoding.Latin1.GetBytes(sse.ToString()));
            foreach (IGrouping<int, StreamEvent> block in events.Where(found => found.Kind is StreamEventKind.BlockStart or StreamEventKind.BlockStop)
                .GroupBy(found => found.Index))
            {
                Assert.True(block.Count() <= 2 && block.First().Kind == StreamEventKind.BlockStart, exchange.Id);
            }

            foreach (Frame frame in StreamScript.Frames(StreamScript.Write(StreamScript.InOrder(events), out _)))
            {
                IsJson(frame.Data.ToArray());
            }
        }
    }

    private static void IsJson(byte[] json) => Assert.True(JsonSyntax.IsValue(json), Encoding.UTF8.GetString(json));

    private static byte[] Mutate(ReadOnlySpan<byte> body, Random random)
    {
        var bytes = new List<byte>(body.ToArray());
        for (int edit = random.Next(1, 4); edit > 0 && bytes.Count > 8; edit--)
        {
            int at = random.Next(bytes.Count - 1);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 5), bytes.Count - at));
                    break;
                default:
                    Replace(bytes, at, Tokens[random.Next(Tokens.Length)]);
                    break;
            }
        }

        return [.. bytes];
    }

    // Puts a value of another kind where a value stood, so that the result is often still JSON.
    private static void Replace(List<byte> bytes, int from, string token)
    {
        int colon = bytes.IndexOf((byte)':', from);
        int end = colon < 0 ? -1 : bytes.FindIndex(colon, value => value is (byte)',' or (byte)'}');
        if (end > 0)
        {
            bytes.RemoveRange(colon + 1, end - colon - 1);
            bytes.InsertRange(colon + 1, Encoding.UTF8.GetBytes(token));
        }
    }
}
