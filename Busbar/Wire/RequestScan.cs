using System.Text.Json;
using Busbar.Wire.Json;

namespace Busbar.Wire;

/// <summary>
/// What routing needs to know of a request body, found in one forward pass that builds no tree. Only members of the top-level object
/// count; names are recognised in any spelling (<c>"mod\u0065l"</c>). What decides where a request goes, and in whose name, must stand there once and
/// in the vendor's case, since parsers differ in what they make of anything else; of other repeated members the last one counts.
/// </summary>
internal readonly struct RequestScan
{
    private const int References = (1 << (int)Member.PreviousResponse) | (1 << (int)Member.Conversation) | (1 << (int)Member.Store);

    private RequestScan(in Found found)
    {
        Model = found.Model;
        ModelIsString = found.ModelIsString;
        Stream = found.Stream;
        StreamOptions = found.StreamOptions;
        HasInput = found.HasInput;
        HasMessages = found.HasMessages;
        PreviousResponse = found.PreviousResponse;
        Conversation = found.Conversation;
        Store = found.Store;
        HasAnthropicVersion = found.HasAnthropicVersion;
        HasMark = found.HasMark;
        Entries = found.Entries;
        Objects = found.Objects;
        ClosingBrace = found.ClosingBrace;
    }

    /// <summary>The raw value of <c>model</c>, quotes included; absent when there is none.</summary>
    public ByteRange Model { get; }

    /// <summary>Whether <see cref="Model"/> is a string.</summary>
    public bool ModelIsString { get; }

    /// <summary>Whether <see cref="Model"/> is a string of at least one character.</summary>
    public bool HasModel => ModelIsString && Model.Length > 2;

    /// <summary>The value of <c>stream</c>; null when absent or no boolean.</summary>
    public bool? Stream { get; }

    /// <summary>The raw value of <c>stream_options</c>; absent when there is none.</summary>
    public ByteRange StreamOptions { get; }

    /// <summary>Whether there is a member <c>input</c>.</summary>
    public bool HasInput { get; }

    /// <summary>Whether there is a member <c>messages</c>.</summary>
    public bool HasMessages { get; }

    /// <summary>The raw value of <c>previous_response_id</c>; absent when there is none.</summary>
    public ByteRange PreviousResponse { get; }

    /// <summary>The raw value of <c>conversation</c>; absent when there is none.</summary>
    public ByteRange Conversation { get; }

    /// <summary>The value of <c>store</c>; null when absent or no boolean.</summary>
    public bool? Store { get; }

    /// <summary>Whether there is a string <c>anthropic_version</c>.</summary>
    public bool HasAnthropicVersion { get; }

    /// <summary>Whether some string, in whatever depth, begins with the mark that was looked for.</summary>
    public bool HasMark { get; }

    /// <summary>Values and names, in whatever depth: what a <see cref="JsonTape"/> of the body holds.</summary>
    public int Entries { get; }

    /// <summary>Objects among them.</summary>
    public int Objects { get; }

    /// <summary>Offset of the brace that closes the top-level object.</summary>
    public int ClosingBrace { get; }

    /// <summary>The text of <c>model</c> within <paramref name="body"/>, the body that was scanned; absent when it is no string.</summary>
    public JsonText ModelText(ReadOnlyMemory<byte> body) => ModelIsString ? new(body.Slice(Model.Offset + 1, Model.Length - 2)) : default;

    /// <summary>Scans <paramref name="body"/>. <paramref name="scan"/> is only filled with <see cref="ScanResult.Ok"/>.</summary>
    public static ScanResult TryScan(ReadOnlyMemory<byte> body, out RequestScan scan) => TryScan(body, default, out scan);

    /// <summary>
    /// Scans <paramref name="body"/>, and looks for strings that begin with <paramref name="mark"/>, ASCII without escapes; empty for none.
    /// <paramref name="scan"/> is only filled with <see cref="ScanResult.Ok"/>.
    /// </summary>
    public static ScanResult TryScan(ReadOnlyMemory<byte> body, ReadOnlySpan<byte> mark, out RequestScan scan)
    {
        scan = default;
        var found = default(Found);
        ScanResult result = Read(body, mark, ref found);
        if (result == ScanResult.Ok)
        {
            scan = new RequestScan(found);
        }

        return result;
    }

    private static ScanResult Read(ReadOnlyMemory<byte> body, ReadOnlySpan<byte> mark, ref Found found)
    {
        ReadOnlySpan<byte> text = body.Span;
        var scanner = new JsonScanner(text);
        bool isObject = false;
        bool misspelt = false;
        int seen = 0;
        int twice = 0;
        Member member = Member.Other;
        int start = 0;
        while (scanner.Read())
        {
            JsonTokenType token = scanner.Token;
            found.Entries += token is JsonTokenType.EndObject or JsonTokenType.EndArray ? 0 : 1;
            found.Objects += token == JsonTokenType.StartObject ? 1 : 0;
            if (token == JsonTokenType.String && !mark.IsEmpty && text[(scanner.Start + 1)..].StartsWith(mark))
            {
                found.HasMark = true;
            }

            if (scanner.Depth > 1)
            {
                continue;
            }

            if (scanner.Depth == 0)
            {
                isObject |= token == JsonTokenType.StartObject;
                found.ClosingBrace = scanner.Start;
            }
            else if (isObject && token == JsonTokenType.PropertyName)
            {
                member = Classify(body[(scanner.Start + 1)..(scanner.End - 1)], scanner.HasEscapes);
                misspelt |= member == Member.Misspelt;
                twice |= seen & (1 << (int)member);
                seen |= 1 << (int)member;
            }
            else if (isObject)
            {
                start = token is JsonTokenType.EndObject or JsonTokenType.EndArray ? start : scanner.Start;
                if (token is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
                {
                    found.Record(member, token, new ByteRange(start, scanner.End - start));
                }
            }
        }

        return scanner.IsTooDeep ? ScanResult.TooDeep
            : scanner.IsBroken ? ScanResult.NotJson
            : !isObject ? ScanResult.NotObject
            : (twice & (1 << (int)Member.Model)) != 0 ? ScanResult.DuplicateModel
            : (twice & References) != 0 ? ScanResult.DuplicateReference
            : misspelt ? ScanResult.Misspelt
            : ScanResult.Ok;
    }

    private static Member Classify(ReadOnlyMemory<byte> name, bool escaped)
    {
        if (escaped)
        {
            using var plain = new PooledBuffer(name.Length);
            JsonEscaping.Unescape(name.Span, plain);
            return Classify(plain.Span);
        }

        return Classify(name.Span);
    }

    // By length first: most names of a request are none of these.
    private static Member Classify(ReadOnlySpan<byte> name) => name.Length switch
    {
        5 when name.SequenceEqual("model"u8) => Member.Model,
        5 when name.SequenceEqual("input"u8) => Member.Input,
        5 when name.SequenceEqual("store"u8) => Member.Store,
        6 when name.SequenceEqual("stream"u8) => Member.Stream,
        8 when name.SequenceEqual("messages"u8) => Member.Messages,
        12 when name.SequenceEqual("conversation"u8) => Member.Conversation,
        14 when name.SequenceEqual("stream_options"u8) => Member.StreamOptions,
        17 when name.SequenceEqual("anthropic_version"u8) => Member.AnthropicVersion,
        20 when name.SequenceEqual("previous_response_id"u8) => Member.PreviousResponse,
        5 when NameFold.Is(name, "model"u8) => Member.Misspelt,

        // A letter that folds into ASCII may be of three bytes.
        >= 12 and <= 14 when NameFold.Is(name, "conversation"u8) => Member.Misspelt,
        >= 18 and <= 24 when NameFold.Is(name, "previousresponseid"u8) => Member.Misspelt,
        _ => Member.Other,
    };

    private enum Member : byte
    {
        Other,
        Model,
        Stream,
        StreamOptions,
        Input,
        Messages,
        PreviousResponse,
        Conversation,
        Store,
        AnthropicVersion,

        // Some parsers take it for one of the above.
        Misspelt,
    }

    private struct Found
    {
        public ByteRange Model;
        public ByteRange StreamOptions;
        public bool? Stream;
        public bool ModelIsString;
        public bool HasInput;
        public bool HasMessages;
        public ByteRange PreviousResponse;
        public ByteRange Conversation;
        public bool? Store;
        public bool HasAnthropicVersion;
        public bool HasMark;
        public int Entries;
        public int Objects;
        public int ClosingBrace;

        public void Record(Member member, JsonTokenType last, ByteRange value)
        {
            switch (member)
            {
                case Member.Model:
                    Model = value;
                    ModelIsString = last == JsonTokenType.String;
                    break;
                case Member.Stream:
                    Stream = last switch { JsonTokenType.True => true, JsonTokenType.False => false, _ => null };
                    break;
                case Member.StreamOptions:
                    StreamOptions = value;
                    break;
                case Member.Input:
                    HasInput = true;
                    break;
                case Member.Messages:
                    HasMessages = true;
                    break;
                case Member.PreviousResponse:
                    PreviousResponse = last == JsonTokenType.Null ? default : value;
                    break;
                case Member.Conversation:
                    Conversation = last == JsonTokenType.Null ? default : value;
                    break;
                case Member.AnthropicVersion:
                    HasAnthropicVersion = last == JsonTokenType.String;
                    break;
                case Member.Store:
                    Store = last switch { JsonTokenType.True => true, JsonTokenType.False => false, _ => null };
                    break;
            }
        }
    }
}
