using System.Text.Json;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Platforms;

/// <summary>
/// Takes the body of a Messages request from one <see cref="Envelope"/> to another. Only the members that the envelopes differ in are taken out or
/// put in, at the front; every other byte stays as the client sent it.
/// </summary>
internal static class BodyRewriter
{
    /// <summary>
    /// Appends <paramref name="body"/>, which was scanned and is valid, to <paramref name="output"/> in the form of <paramref name="to"/>. The result
    /// is what its headers must say in place of the body.
    /// </summary>
    /// <param name="body">The client's body.</param>
    /// <param name="to">The provider's envelope.</param>
    /// <param name="ask">What the body may lack.</param>
    /// <param name="output">Where it goes.</param>
    public static ReframedHeaders Write(ReadOnlyMemory<byte> body, Envelope to, in ReframeRequest ask, PooledBuffer output)
    {
        Members found = Find(body);
        string? version = Text(found.Version.Of(body));
        bool isDated = IsDated(version);
        output.Write((byte)'{');
        var json = new JsonWriter(output);
        if (to.NamesModel || ask.Operation == Operation.CountTokens)
        {
            json.Raw("model"u8, ask.ModelJson.Span);
        }

        if (to.Version is { } own)
        {
            // A version of the vendor's own goes everywhere; one that names a cloud is that cloud's.
            json.String("anthropic_version"u8, isDated ? version! : own);
        }

        if (ask.MaxTokens is { } limit && !found.HasLimit)
        {
            json.Number("max_tokens"u8, limit);
        }

        List<string> betas = [.. ask.HeaderBetas];
        AddTexts(found.Betas.Of(body), betas);
        if (to.HasBetas && betas.Count > 0)
        {
            json.StartArray("anthropic_beta"u8);
            foreach (string beta in betas)
            {
                json.String(beta);
            }

            json.EndArray();
        }

        bool keepsStream = to.HasStream && !found.Stream.IsAbsent && ask.Operation == Operation.Chat;
        if (to.HasStream && ask.Streams && !keepsStream)
        {
            json.Bool("stream"u8, true);
        }

        CopyOthers(body, found, keepsStream, output);
        return new ReframedHeaders(to.Version is null && isDated ? version : null, to.HasBetas || found.Betas.IsAbsent || betas.Count == 0 ? null
            : string.Join(',', betas));
    }

    // Members that stand next to each other keep all that is between them.
    private static void CopyOthers(ReadOnlyMemory<byte> body, in Members found, bool keepsStream, PooledBuffer output)
    {
        ReadOnlySpan<byte> text = body.Span;
        int run = -1;
        int end = 0;
        int closing = 0;
        var scanner = new JsonScanner(text);
        int name = 0;
        while (scanner.Read())
        {
            if (scanner.Depth == 0)
            {
                closing = scanner.Start;
            }
            else if (scanner.Depth == 1 && scanner.Token == JsonTokenType.PropertyName)
            {
                name = scanner.Start;
            }
            else if (scanner.Depth == 1 && scanner.Token is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            {
                if (found.Holds(name, keepsStream))
                {
                    CopyRun(text, run, end, output);
                    run = -1;
                    continue;
                }

                run = run < 0 ? name : run;
                end = scanner.End;
            }
        }

        CopyRun(text, run, end, output);
        output.Write(text[(run < 0 ? closing : end)..]);
    }

    private static void CopyRun(ReadOnlySpan<byte> text, int start, int end, PooledBuffer output)
    {
        if (start < 0)
        {
            return;
        }

        if (output.Span[^1] != (byte)'{')
        {
            output.Write((byte)',');
        }

        output.Write(text[start..end]);
    }

    private static Members Find(ReadOnlyMemory<byte> body)
    {
        var found = default(Members);
        var scanner = new JsonScanner(body.Span);
        int name = 0;
        int start = 0;
        Member member = Member.Other;
        while (scanner.Read())
        {
            if (scanner.Depth != 1)
            {
                continue;
            }

            if (scanner.Token == JsonTokenType.PropertyName)
            {
                name = scanner.Start;
                member = MemberOf(new JsonText(body[(scanner.Start + 1)..(scanner.End - 1)]));
                continue;
            }

            start = scanner.Token is JsonTokenType.EndObject or JsonTokenType.EndArray ? start : scanner.Start;
            if (scanner.Token is not (JsonTokenType.StartObject or JsonTokenType.StartArray) && member != Member.Other)
            {
                found.Record(member, name, new ByteRange(start, scanner.End - start));
            }
        }

        return found;
    }

    private static Member MemberOf(JsonText name) => name switch
    {
        _ when name.Is("model"u8) => Member.Model,
        _ when name.Is("stream"u8) => Member.Stream,
        _ when name.Is("anthropic_version"u8) => Member.Version,
        _ when name.Is("anthropic_beta"u8) => Member.Betas,
        _ when name.Is("max_tokens"u8) => Member.Limit,
        _ => Member.Other,
    };

    // Such as 2023-06-01.
    private static bool IsDated(string? version) =>
        version is { Length: 10 } && DateOnly.TryParseExact(version, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture,
            System.Globalization.DateTimeStyles.None, out _);

    private static string? Text(ReadOnlyMemory<byte> value)
    {
        using var tape = new JsonTape();
        return !value.IsEmpty && tape.TryParse(value) && tape.Root.IsString ? tape.Root.Text.ToString() : null;
    }

    private static void AddTexts(ReadOnlyMemory<byte> list, List<string> texts)
    {
        using var tape = new JsonTape();
        if (list.IsEmpty || !tape.TryParse(list))
        {
            return;
        }

        foreach (JsonNode item in tape.Root.Items)
        {
            if (item.IsString && item.Text.ToString() is { Length: > 0 } text && !texts.Contains(text))
            {
                texts.Add(text);
            }
        }
    }

    private enum Member : byte
    {
        Other,
        Model,
        Stream,
        Version,
        Betas,
        Limit,
    }

    private struct Members
    {
        public bool HasLimit;
        public ByteRange Stream;
        public ByteRange Version;
        public ByteRange Betas;
        private List<int>? _names;
        private List<int>? _streams;

        public void Record(Member member, int name, ByteRange value)
        {
            if (member == Member.Limit)
            {
                HasLimit = true;
                return;
            }

            if (member == Member.Stream)
            {
                (_streams ??= []).Add(name);
                Stream = value;
                return;
            }

            (_names ??= []).Add(name);
            Version = member == Member.Version ? value : Version;
            Betas = member == Member.Betas ? value : Betas;
        }

        public readonly bool Holds(int name, bool keepsStream) => _names?.Contains(name) == true
            || (!keepsStream && _streams?.Contains(name) == true);
    }
}
