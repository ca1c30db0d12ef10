using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>Watches a stream that passes through. Nearly every chunk repeats the counts.</summary>
internal sealed class StreamTap : IStreamTap
{
    private Usage _usage;

    /// <inheritdoc/>
    public bool HasContent { get; private set; }

    /// <inheritdoc/>
    public bool IsComplete { get; private set; }

    /// <inheritdoc/>
    public StreamError? Error { get; private set; }

    /// <inheritdoc/>
    public Usage Usage => _usage;

    /// <inheritdoc/>
    public void Observe(in Frame frame)
    {
        ReadOnlySpan<byte> data = frame.Data.Span;
        bool isPlain = HasContent && data.IndexOf("\"usage"u8) < 0 && data.IndexOf("\"error\""u8) < 0 && data.IndexOf("\"finish"u8) < 0
            && data.IndexOf("\"block"u8) < 0;
        if (data.IsEmpty || isPlain)
        {
            return;
        }

        JsonTape tape = JsonTape.Shared;
        if (tape.TryParse(frame.Data) && tape.Root.IsObject)
        {
            Observe(tape.Root);
        }

        tape.Clear();
    }

    private void Observe(JsonNode root)
    {
        if (ErrorReader.Is(root))
        {
            ProviderError said = ErrorReader.Lift(0, root);
            Error ??= new(ErrorReader.Classify(said), said);
            return;
        }

        _usage.Merge(UsageFields.Read(ResponseReader.UsageOf(root)));
        JsonNode candidate = ResponseReader.First(root);
        StopReason reason = StopReasons.Read(ResponseReader.Finish(candidate), hasCalls: false);
        Error ??= AnswerEnd.Failure(reason, StopReasons.Explanation(candidate, reason));
        if (Error is not null)
        {
            return;
        }

        bool isFinish = reason != StopReason.None;
        bool isBlocked = !candidate.IsObject && !StopReasons.BlockReason(ResponseReader.Feedback(root)).IsAbsent;
        IsComplete |= isFinish || isBlocked;
        HasContent |= isFinish || isBlocked;
        if (HasContent)
        {
            return;
        }

        foreach (JsonNode part in new OneOrMany(candidate["content"u8]["parts"u8]))
        {
            HasContent |= IsContent(part);
        }
    }

    private static bool IsContent(JsonNode part)
    {
        foreach (JsonMember member in part.Members)
        {
            if (!member.Value.Text.IsNullOrEmpty || member.Value.IsObject)
            {
                return true;
            }
        }

        return false;
    }
}
