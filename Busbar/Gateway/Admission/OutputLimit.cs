using System.Text.Json;
using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Gateway.Admission;

/// <summary>How much output a client asked for at most, in the words of its dialect; words of other dialects limit nothing and do not count.</summary>
/// <param name="Tokens">Tokens of one candidate, at least 1; null when the client set no limit.</param>
/// <param name="Candidates">Answers that the client wants, at least 1.</param>
internal readonly record struct OutputLimit(long? Tokens, long Candidates)
{
    /// <summary>Tokens of all candidates together; null when the client set no limit.</summary>
    public long? Total => Tokens is { } limit ? Times(limit) : null;

    /// <summary>So many <paramref name="tokens"/> for each candidate.</summary>
    public long Times(long tokens) => tokens > long.MaxValue / Candidates ? long.MaxValue : tokens * Candidates;

    /// <summary>What <paramref name="body"/> says.</summary>
    public static OutputLimit Of(ProtocolId dialect, in RequestScan scan, ReadOnlyMemory<byte> body)
    {
        switch (dialect)
        {
            case ProtocolId.OpenAI:
                return Found(Larger(scan.MaxTokens, scan.MaxCompletionTokens), scan.Candidates);
            case ProtocolId.Responses:
                return Found(scan.MaxOutputTokens, null);
            case ProtocolId.Gemini or ProtocolId.Bedrock:
                ReadSettings(scan.Settings.Of(body).Span, dialect == ProtocolId.Gemini, out long? limit, out long? candidates);
                return Found(limit, candidates);
            default:
                return Found(scan.MaxTokens, null);
        }
    }

    private static void ReadSettings(ReadOnlySpan<byte> settings, bool isGemini, out long? limit, out long? candidates)
    {
        limit = candidates = null;
        var reader = new Utf8JsonReader(settings, isFinalBlock: true, new JsonReaderState(new JsonReaderOptions { MaxDepth = JsonTape.MaxDepth }));
        if (settings.IsEmpty || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isLimit = isGemini ? reader.ValueTextEquals("maxOutputTokens"u8) || reader.ValueTextEquals("max_output_tokens"u8) : reader.ValueTextEquals("maxTokens"u8);
            bool isCount = isGemini && (reader.ValueTextEquals("candidateCount"u8) || reader.ValueTextEquals("candidate_count"u8));
            reader.Read();
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long value))
            {
                limit = isLimit ? Larger(limit, value) : limit;
                candidates = isCount ? Larger(candidates, value) : candidates;
            }

            reader.Skip();
        }
    }

    private static long? Larger(long? left, long? right) => left > right || right is null ? left : right;

    // Zero and less stand for "no limit" with some providers, and are refused by the others.
    private static OutputLimit Found(long? limit, long? candidates) => new(limit >= 1 ? limit : null, Math.Max(1, candidates ?? 1));
}
