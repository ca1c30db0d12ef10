using System.Text;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Tests.Configuration;
using Busbar.Tests.Matrix.Harness;
using Busbar.Tests.Wire.Framing;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.Http1;
using Busbar.Upstream.SigV4;
using Busbar.Wire;

namespace Busbar.Tests.Fuzz;

/// <summary>Bytes from the network and the operator's files: taken or refused, the same however they are cut. Nothing throws.</summary>
[Trait("kind", "fuzz")]
public sealed class WireFuzzTests
{
    private const int Cases = 4000;

    private static readonly byte[][] Answers = [.. new[]
    {
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\nX-Trailer: a\r\n\r\n",
        "HTTP/1.0 503 Unavailable\r\nRetry-After: 5\r\n\r\nno",
        "HTTP/1.1 204 No Content\r\n\r\n",
    }.Select(Encoding.Latin1.GetBytes)];

    private static readonly byte[][] Signatures = [.. new[]
    {
        "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261122/us-east-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature="
            + new string('0', 64),
        "a=1&b=%20&c&X-Amz-Date=20261122T120000Z&a=0",
        "/model/arn%3Aaws%3Abedrock%2Fx/converse",
    }.Select(Encoding.Latin1.GetBytes)];

    private static readonly byte[][] Files =
    [
        Encoding.UTF8.GetBytes(ConfigText.Minimal),
        Encoding.UTF8.GetBytes(
            ConfigText.With(
            more: "limits: {request_body_max_bytes: 1000, stream_keepalive_secs: 5}\ngovernance: {enabled: true, admin_token: " +
            "aaaaaaaaaaaaaaaaaaaa}\nresponse_headers: debug")),
    ];

    public static TheoryData<string> Names => [.. Enum.GetValues<ProtocolId>().Select(static id => id.Name())];

    [Theory]
    [MemberData(nameof(Names))]
    public void Frames_are_the_same_however_the_bytes_are_cut(string name)
    {
        Assert.True(ProtocolNames.TryParse(name, out ProtocolId id));
        Protocol protocol = ProtocolTable.Get(id);
        FuzzRun.Of(Cases, Seeds.Streams(id), (bytes, random) =>
        {
            int[] cuts = [.. Enumerable.Range(0, random.Next(8)).Select(_ => random.Next(bytes.Length + 1)).Order()];
            Framing.Outcome whole = Framing.Whole(protocol.NewFramer(), bytes), pieces = Framing.Cut(protocol.NewFramer(), bytes, cuts);
            Assert.True(pieces.SameAs(whole),
                $"{whole.Last} with {whole.Frames.Count} frames, {pieces.Last} with {pieces.Frames.Count} when cut at {string.Join(',', cuts)}");
        });
    }

    [Fact]
    public void Answers_of_http1_have_a_head_and_a_body_or_are_refused() => FuzzRun.Of(Cases * 4, Answers, static (bytes, random) =>
    {
        int end = HeadParser.FindEnd(bytes, 0);
        if (end == 0 || HeadParser.Parse(bytes.AsSpan(0, end)) is not { } head || !HeadParser.TryFrame(head, out BodyFraming framing, out _))
        {
            return;
        }

        for (int at = end; at < bytes.Length && !framing.IsEnded;)
        {
            byte[] piece = bytes[at..Math.Min(bytes.Length, at + random.Next(1, 16))];
            if (!framing.TryTake(piece, out int count))
            {
                return;
            }

            Assert.InRange(count, 0, piece.Length);
            at += piece.Length;
        }

        if (framing.EndsWithConnection)
        {
            framing.Close();
        }
    });

    [Fact]
    public void Signatures_are_judged_whatever_they_look_like() => FuzzRun.Of(Cases * 4, Signatures, static (bytes, random) =>
    {
        string text = Encoding.Latin1.GetString(bytes);
        SigV4Authorization.TryParse(text, out _);
        SigV4Signature.CanonicalQuery(text);
        SigV4Signature.CanonicalValue(text);
        UrlPath.TryDecode(text, out _);
        UrlPath.EncodePath(text);
        var inbound = new SigV4Inbound("POST", text, random.Next(2) == 0 ? "" : text,
            name => name switch { "authorization" => text, "x-amz-date" => "20261122T120000Z", _ => "x" });
        SigV4Verifier.Judge(inbound, new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero), out _);
    });

    [Fact]
    public void A_configuration_is_loaded_or_has_problems() => FuzzRun.Of(Cases / 10, Files, static (bytes, _) =>
    {
        // Files are text; what is none is a problem of its own.
        ConfigText.Load(Encoding.UTF8.GetString(bytes), ConfigText.Environment);
    });
}
