using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>
/// Watches a stream that passes through. A frame is parsed only while nothing of substance has passed, or when it may hold usage, an error or
/// an end.
/// </summary>
internal sealed class StreamTap : IStreamTap
{
    private bool _hasFinish;
    private bool _isDone;
    private Usage _usage;

    /// <inheritdoc/>
    public bool HasContent { get; private set; }

    /// <inheritdoc/>
    public bool IsComplete => _hasFinish || (_isDone && HasContent);

    /// <inheritdoc/>
    public bool IsLast => _isDone;

    /// <inheritdoc/>
    public StreamError? Error { get; private set; }

    /// <inheritdoc/>
    public Usage Usage => _usage;

    /// <inheritdoc/>
    public void Observe(in Frame frame)
    {
        ReadOnlySpan<byte> data = frame.Data.Span;
        if (data.IsEmpty || _isDone)
        {
            return;
        }

        if (data[0] == (byte)'[' && JsonSyntax.Trim(data).SequenceEqual("[DONE]"u8))
        {
            _isDone = true;
            return;
        }

        if (HasContent && (_hasFinish || !HasFinish(data)) && !HasObject(data, "\"usage\""u8) && data.IndexOf("\"error\""u8) < 0
            && data.IndexOf("\"choices\""u8) >= 0)
        {
            return;
        }

        Parse(frame.Data);
    }

    private void Parse(ReadOnlyMemory<byte> data)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(data) || !tape.Root.IsObject)
        {
            return;
        }

        JsonNode root = tape.Root;
        JsonNode first = ResponseReader.First(root["choices"u8]);
        if (ErrorReader.Is(root) || ErrorReader.HasError(first))
        {
            ProviderError said = ErrorReader.Lift(400, ErrorReader.HasError(first) ? first : root);
            Error ??= new(ErrorReader.Classify(said), said);
            return;
        }

        _usage.Merge(UsageFields.Find(root, first));
        foreach (JsonNode choice in root["choices"u8].Items)
        {
            StopReason reason = StopReasons.Read(choice["finish_reason"u8].Text, hasRefusal: false, hasCalls: false);
            Error ??= AnswerEnd.Failure(reason, default);
            bool isFinish = reason != StopReason.None && Error is null;
            _hasFinish |= isFinish;
            HasContent |= isFinish || IsContent(choice["delta"u8]);
        }
    }

    private static bool IsContent(JsonNode delta)
    {
        foreach (JsonMember member in delta.Members)
        {
            JsonNode value = member.Value;
            if (!member.Name.Is("role"u8) && (!value.Text.IsNullOrEmpty || value.IsObject || !value[0].IsMissing))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasFinish(ReadOnlySpan<byte> data)
    {
        int at = data.IndexOf("\"finish_reason\""u8);
        return at >= 0 && !Follows(data[(at + 15)..], "null"u8);
    }

    private static bool HasObject(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name)
    {
        int at = data.LastIndexOf(name);
        return at >= 0 && Follows(data[(at + name.Length)..], "{"u8);
    }

    private static bool Follows(ReadOnlySpan<byte> rest, ReadOnlySpan<byte> value) => rest.TrimStart(": \t\r\n"u8).StartsWith(value);
}
