using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols;

/// <summary>Bodies with one to three bytes replaced, mostly by characters of JSON.</summary>
internal static class Damage
{
    public static byte[] To(ReadOnlyMemory<byte> body, Random random)
    {
        byte[] damaged = body.ToArray();
        ReadOnlySpan<byte> alphabet = "{}[]\",:0-n\\ tfe"u8;
        for (int count = random.Next(1, 4); count > 0 && damaged.Length > 0; count--)
        {
            damaged[random.Next(damaged.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : alphabet[random.Next(alphabet.Length)];
        }

        return damaged;
    }

    /// <summary>
    /// Reads every body and stream of <paramref name="exchanges"/> with damage, <paramref name="rounds"/> times, and writes again what could be read,
    /// which must be JSON; <paramref name="parse"/> looks at streams. How many there were.
    /// </summary>
    public static int Survived<T>(IEnumerable<CorpusExchange> exchanges, int rounds, Action<string> parse)
        where T : ICodec
    {
        var random = new Random(7);
        int count = 0;
        foreach (CorpusExchange exchange in exchanges)
        {
            for (int round = 0; round < rounds; round++)
            {
                if (exchange.Request is { Body.IsEmpty: false } recorded)
                {
                    count++;
                    Request<T>(To(recorded.Body, random));
                }

                if (!exchange.ResponseBody.IsEmpty)
                {
                    count++;
                    byte[] body = To(exchange.ResponseBody, random);
                    if (exchange.Streaming || exchange.IsSse)
                    {
                        parse(Codec<T>.Restream(body));
                    }

                    Response<T>(body);
                }
            }
        }

        return count;
    }

    private static void Request<T>(byte[] body)
        where T : ICodec
    {
        using ChatRequest request = ChatRequest.Rent();
        if (Codec<T>.Read(body, request) is null)
        {
            Codec<T>.Parse(Codec<T>.Write(request));
            Codec<T>.Parse(Codec<T>.Write(request, true, Capabilities.Default with { JsonSchemaFields = false, FunctionCallIds = false,
                ToolResultParts = true }));
            Codec<T>.Parse(Codec<T>.Write(request, foreign: false));
        }
    }

    private static void Response<T>(byte[] body)
        where T : ICodec
    {
        using ChatResponse response = ChatResponse.Rent();
        if (T.Protocol.ReadResponse(body, response) && response.Failure is null)
        {
            Codec<T>.Rewritten(response);
        }

        T.Protocol.ReadError(400, body);
        T.Protocol.ReadUsage(body);
        T.Protocol.NewStreamTap().Observe(new Frame(default, body));
    }
}
