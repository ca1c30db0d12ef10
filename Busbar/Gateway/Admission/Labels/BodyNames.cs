using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Admission.Labels;

/// <summary>The end user and the session that a body names. Found in one pass over its top level, and only where somebody asks.</summary>
/// <param name="User">The end user; null for none.</param>
/// <param name="Session">The session; null for none.</param>
internal readonly record struct BodyNames(string? User, string? Session)
{
    // Claude Code writes "user_<hash>_account_<id>_session_<id>".
    private const string SessionMark = "_session_";

    private const int Longest = 512;

    /// <summary>Reads <paramref name="body"/> of <paramref name="protocol"/>, which is a JSON object.</summary>
    public static BodyNames Of(ProtocolId protocol, ReadOnlyMemory<byte> body)
    {
        string? user = null;
        string? safety = null;
        (string? User, string? Session) metadata = default;
        var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = JsonTape.MaxDepth });
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isUser = reader.ValueTextEquals("user"u8);
                bool isSafety = reader.ValueTextEquals("safety_identifier"u8);
                bool isMetadata = reader.ValueTextEquals("metadata"u8);
                reader.Read();
                if (isUser || isSafety)
                {
                    (user, safety) = isUser ? (Text(ref reader), safety) : (user, Text(ref reader));
                }
                else if (isMetadata && reader.TokenType == JsonTokenType.StartObject)
                {
                    metadata = Metadata(ref reader);
                }

                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // The body was looked at before; whatever this is, nothing more is known of it.
        }

        if (!ProtocolTable.Get(protocol).Traffic.HasUserInMetadata)
        {
            return new BodyNames(safety ?? user, metadata.Session);
        }

        (string? named, string? session) = Parts(metadata.User);
        return new BodyNames(named, metadata.Session ?? session);
    }

    private static (string? User, string? Session) Metadata(ref Utf8JsonReader reader)
    {
        string? user = null;
        string? session = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isUser = reader.ValueTextEquals("user_id"u8);
            bool isSession = reader.ValueTextEquals("session_id"u8);
            reader.Read();
            if (isUser || isSession)
            {
                (user, session) = isUser ? (Text(ref reader), session) : (user, Text(ref reader));
            }

            reader.Skip();
        }

        return (user, session);
    }

    // Newer versions of Claude Code put a JSON object into the text.
    private static (string? User, string? Session) Parts(string? user)
    {
        if (user is null)
        {
            return default;
        }

        if (user.StartsWith('{'))
        {
            using var tape = new JsonTape();
            if (tape.TryParse(System.Text.Encoding.UTF8.GetBytes(user)))
            {
                JsonNode root = tape.Root;
                string name = root["account_uuid"u8].Text.ToString() is { Length: > 0 } account ? account : root["device_id"u8].Text.ToString();
                return (name.Length > 0 ? name : null, root["session_id"u8].Text.ToString() is { Length: > 0 } id ? id : null);
            }
        }

        int mark = user.IndexOf(SessionMark, StringComparison.Ordinal);
        return mark < 0 ? (user, null) : (user[..mark], user[(mark + SessionMark.Length)..]);
    }

    private static string? Text(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length is > 0 and <= Longest ? reader.GetString() : null;
}
