using System.Text;
using Busbar.Ir;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Translation.Signatures;

public sealed class SignatureEnvelopeTests
{
    [Fact]
    public void Any_signature_comes_back_as_it_went_in()
    {
        var random = new Random(5);
        using var arena = new IrArena();
        for (int round = 0; round < 2000; round++)
        {
            byte[] original = new byte[random.Next(200)];
            random.NextBytes(original);
            ProtocolId origin = (ProtocolId)random.Next(6);
            SignatureUse use = (SignatureUse)random.Next(3);
            using var token = new PooledBuffer();
            SignatureEnvelope.Wrap(origin, use, "gemini-3", new JsonText(original), token);

            Assert.Equal(0, token.Length % 4);
            Assert.All(token.Span.ToArray(), static value => Assert.True(char.IsAsciiLetterOrDigit((char)value)));
            Assert.Equal(token.Span.ToArray(), Convert.FromBase64String(Encoding.ASCII.GetString(token.Span)) is var blob
                ? Encoding.ASCII.GetBytes(Convert.ToBase64String(blob)) : []);
            Assert.True(SignatureEnvelope.TryUnwrap(new JsonText(token.Span.ToArray()), arena, out ProtocolId origin2, out SignatureUse use2,
                out string family, out JsonText back));
            Assert.Equal((origin, use, "gemini-3"), (origin2, use2, family));
            Assert.Equal(original, back.Escaped.ToArray());
        }
    }

    [Fact]
    public void A_damaged_token_is_recognised_as_ours_but_not_unwrapped()
    {
        using var arena = new IrArena();
        using var token = new PooledBuffer();
        SignatureEnvelope.Wrap(ProtocolId.Gemini, SignatureUse.ToolCall, "gemini-3", JsonText.From("abc+/="), token);
        for (int length = SignatureEnvelope.Marker.Length; length < token.Length - 4; length++)
        {
            var cut = new JsonText(token.Span[..length].ToArray());
            Assert.True(SignatureEnvelope.Is(cut));
            Assert.False(SignatureEnvelope.TryUnwrap(cut, arena, out _, out _, out _, out _));
        }
    }

    [Fact]
    public void Only_a_body_with_a_token_is_noticed()
    {
        using var body = new PooledBuffer();
        body.Write("{\"model\":\"m\",\"a\":[{\"signature\":\"EqQBCkgIARABGAIiQL kx8Vw3T\"},\"\",\""u8);
        Assert.False(HasToken(body));
        SignatureEnvelope.Wrap(ProtocolId.Responses, SignatureUse.Thinking, "openai", JsonText.Empty, body);
        Assert.True(HasToken(body));
    }

    private static bool HasToken(PooledBuffer open)
    {
        byte[] whole = [.. open.Span, .. "\"]}"u8];
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(whole, SignatureEnvelope.Marker, out RequestScan scan));
        return scan.HasMark;
    }
}
