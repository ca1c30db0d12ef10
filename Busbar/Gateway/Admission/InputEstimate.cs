using System.Buffers;

namespace Busbar.Gateway.Admission;

/// <summary>
/// How many input tokens a body may be, at most, told from its bytes alone. Text costs less than a token for two bytes of JSON; files sent as
/// base64 cost little for their size.
/// </summary>
internal static class InputEstimate
{
    private const int BytesPerToken = 2;
    private const int MediaBytesPerToken = 32;

    // Shorter ones are not worth telling apart from text. One picture is about so many tokens, however small.
    private const int ShortestMedia = 4096;
    private const int MinPerMedia = 1700;

    private static readonly SearchValues<byte> Base64 = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\\"u8);

    /// <summary>The bound for <paramref name="body"/>, a JSON text.</summary>
    public static long Of(ReadOnlySpan<byte> body)
    {
        long media = 0;
        long tokens = 0;
        if (body.Length >= ShortestMedia)
        {
            int at = 0;
            int quote;
            while ((quote = body[at..].IndexOf((byte)'"')) >= 0)
            {
                // Base64 has no escaped quotes, so a string that is base64 ends at the next quote, and one that is not is of no interest.
                int start = at + quote + 1;
                int length = body[start..].IndexOf((byte)'"');
                if (length >= ShortestMedia && IsMedia(body.Slice(start, length)) && HoldsMedia(body[..(start - 1)]))
                {
                    media += length;
                    tokens += Math.Max(MinPerMedia, length / MediaBytesPerToken);
                    at = start + length + 1;
                }
                else
                {
                    at = start;
                }
            }
        }

        return tokens + ((body.Length - media + BytesPerToken - 1) / BytesPerToken);
    }

    /// <summary>What <paramref name="body"/> rather costs than the bound: prose and code take about four bytes of JSON for a token.</summary>
    public static long Likely(ReadOnlySpan<byte> body) => (Of(body) + 1) / 2;

    private static bool IsMedia(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith("data:"u8))
        {
            text = text[(text[..Math.Min(text.Length, 256)].IndexOf((byte)',') + 1)..];
        }

        return !text.ContainsAnyExcept(Base64);
    }

    // Only where the protocols put files: a prompt that looks like base64 is text to the model.
    private static bool HoldsMedia(ReadOnlySpan<byte> before)
    {
        before = before.TrimEnd(" \t\r\n"u8);
        if (before.IsEmpty || before[^1] != (byte)':')
        {
            return false;
        }

        before = before[..^1].TrimEnd(" \t\r\n"u8);
        return before.EndsWith("\"data\""u8) || before.EndsWith("\"url\""u8) || before.EndsWith("\"bytes\""u8) || before.EndsWith("\"file_data\""u8)
            || before.EndsWith("\"image_url\""u8);
    }
}
