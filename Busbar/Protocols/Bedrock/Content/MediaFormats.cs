using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock.Content;

/// <summary>
/// The <c>format</c> words of media blocks and the MIME types they stand for. The first row with a type is the word that is written for it.
/// </summary>
internal static class MediaFormats
{
    private static readonly (byte[] Format, JsonText Type)[] Images = Rows(
        "png image/png jpeg image/jpeg jpeg image/jpg gif image/gif webp image/webp");

    private static readonly (byte[] Format, JsonText Type)[] Documents = Rows(
        "pdf application/pdf csv text/csv doc application/msword "
        + "docx application/vnd.openxmlformats-officedocument.wordprocessingml.document xls application/vnd.ms-excel "
        + "xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet html text/html txt text/plain md text/markdown "
        + "txt application/json txt application/xml txt application/yaml");

    private static readonly (byte[] Format, JsonText Type)[] Videos = Rows(
        "mp4 video/mp4 webm video/webm mkv video/x-matroska mov video/quicktime flv video/x-flv mpeg video/mpeg mpg video/mpeg wmv video/x-ms-wmv "
        + "three_gp video/3gpp");

    private static readonly (byte[] Format, JsonText Type)[] Sounds = Rows(
        "mp3 audio/mpeg mp3 audio/mp3 opus audio/opus wav audio/wav wav audio/x-wav wav audio/wave aac audio/aac flac audio/flac mp4 audio/mp4 ogg " +
            "audio/ogg "
        + "mkv audio/x-matroska mka audio/x-matroska x-aac audio/x-aac m4a audio/x-m4a m4a audio/m4a mpeg audio/mpeg mpga audio/mpeg pcm audio/pcm " +
            "pcm audio/l16 "
        + "webm audio/webm");

    /// <summary>MIME type of an image format; false when the word is not known, or another is written for the same type.</summary>
    public static bool TryImageType(JsonText format, out JsonText type) => TryType(Images, format, out type);

    /// <summary>MIME type of a document format; false when the word is not known.</summary>
    public static bool TryDocumentType(JsonText format, out JsonText type) => TryType(Documents, format, out type);

    /// <summary>MIME type of a video format; false when the word is not known, or another is written for the same type.</summary>
    public static bool TryVideoType(JsonText format, out JsonText type) => TryType(Videos, format, out type);

    /// <summary>MIME type of a sound format; false when the word is not known, or another is written for the same type.</summary>
    public static bool TryAudioType(JsonText format, out JsonText type) => TryType(Sounds, format, out type);

    /// <summary>Format of an image type; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Image(JsonText type) => Format(Images, type);

    /// <summary>Format of a document type; any text will do as <c>txt</c>; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Document(JsonText type)
    {
        ReadOnlySpan<byte> format = Format(Documents, type);
        return format.IsEmpty && type.Span.StartsWith("text/"u8) ? "txt"u8 : format;
    }

    /// <summary>Format of a video type; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Video(JsonText type) => Format(Videos, type);

    /// <summary>Format of a sound type; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Audio(JsonText type) => Format(Sounds, type);

    private static bool TryType((byte[] Format, JsonText Type)[] rows, JsonText format, out JsonText type)
    {
        foreach ((byte[] word, JsonText meaning) in rows)
        {
            if (format.Is(word))
            {
                type = meaning;
                return format.Is(Format(rows, meaning));
            }
        }

        type = default;
        return false;
    }

    private static ReadOnlySpan<byte> Format((byte[] Format, JsonText Type)[] rows, JsonText type)
    {
        // Parameters such as "; charset=utf-8" do not change the format.
        int end = type.Span.IndexOf((byte)';');
        JsonText bare = end > 0 ? type[..end] : type;
        foreach ((byte[] word, JsonText meaning) in rows)
        {
            if (bare.Equals(meaning))
            {
                return word;
            }
        }

        return default;
    }

    private static (byte[] Format, JsonText Type)[] Rows(string words)
    {
        string[] parts = words.Split(' ');
        var rows = new (byte[], JsonText)[parts.Length / 2];
        for (int index = 0; index < rows.Length; index++)
        {
            rows[index] = (System.Text.Encoding.ASCII.GetBytes(parts[index * 2]), JsonText.From(parts[(index * 2) + 1]));
        }

        return rows;
    }
}
