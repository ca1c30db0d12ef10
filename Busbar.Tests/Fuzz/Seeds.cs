using System.Text;
using Busbar.Ir;
using Busbar.Tests.Growth;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Fuzz;

/// <summary>
/// What fuzzing starts from: small bodies of every protocol that are built here, and recorded ones where they lie beside the repository.
/// </summary>
internal static class Seeds
{
    private const int MaxRecorded = 40;
    private const int Longest = 8 * 1024;
    private const int Repetitions = 3;

    /// <summary>Requests of <paramref name="protocol"/>.</summary>
    public static IReadOnlyList<byte[]> Requests(ProtocolId protocol) =>
    [
        .. RequestShapes.All.Values.Select(shape => shape(protocol, Repetitions)),
        .. Recorded(protocol, static exchange => exchange.Request?.Body),
    ];

    /// <summary>Whole answers of <paramref name="protocol"/>.</summary>
    public static IReadOnlyList<byte[]> Answers(ProtocolId protocol) =>
        [Encoding.UTF8.GetBytes(SpokenBy(protocol).Answer("hello")),
            .. Recorded(protocol, static exchange => exchange.IsUnaryAnswer ? exchange.ResponseBody : null)];

    /// <summary>Streams of <paramref name="protocol"/>, in its usual framing.</summary>
    public static IReadOnlyList<byte[]> Streams(ProtocolId protocol)
    {
        byte[] own = Encoding.Latin1.GetBytes(string.Concat(SpokenBy(protocol).Stream("hello")));
        return [own, .. Recorded(protocol, static exchange => exchange is { IsSse: true } or { IsEventStream: true } ? exchange.ResponseBody : null)];
    }

    private static SpokenProtocol SpokenBy(ProtocolId protocol) => SpokenProtocol.Of(protocol.Name());

    private static IEnumerable<byte[]> Recorded(ProtocolId protocol, Func<CorpusExchange, ReadOnlyMemory<byte>?> body) =>
        Corpus.Of(protocol).Select(body).OfType<ReadOnlyMemory<byte>>().Where(static bytes => bytes.Length is > 0 and < Longest).Take(MaxRecorded)
            .Select(static bytes => bytes.ToArray());
}
