using System.Text;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>A stream read step by step.</summary>
internal sealed class StreamText
{
    private readonly Stream _stream;
    private readonly Decoder _decoder;
    private readonly StringBuilder _text = new();
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly char[] _characters = new char[16 * 1024];

    private StreamText(Stream stream, Encoding encoding)
    {
        _stream = stream;
        _decoder = encoding.GetDecoder();
    }

    /// <summary>What came so far.</summary>
    public string Text => _text.ToString();

    /// <summary>How the bytes of a stream are shown in strings: binary ones as one character for each byte.</summary>
    public static Encoding EncodingOf(string? contentType) =>
        contentType is not null && contentType.StartsWith("application/vnd.amazon.eventstream", StringComparison.Ordinal) ? Encoding.Latin1
            : Encoding.UTF8;

    /// <summary>The body of an answer.</summary>
    public static async Task<StreamText> OfAsync(HttpResponseMessage response) =>
        new(await response.Content.ReadAsStreamAsync(), EncodingOf(response.Content.Headers.ContentType?.ToString()));

    /// <summary>Reads on until <paramref name="part"/> has come; its absence is a failure.</summary>
    public async Task ReadUntilAsync(string part, Func<string, string>? bare = null)
    {
        while (!(bare?.Invoke(Text) ?? Text).Contains(part, StringComparison.Ordinal))
        {
            Assert.True(await ReadAsync(), $"the stream ended before '{part}': {Text}");
        }
    }

    /// <summary>Reads to the end.</summary>
    public async Task ReadToEndAsync()
    {
        while (await ReadAsync())
        {
        }
    }

    private async Task<bool> ReadAsync()
    {
        using var bound = new CancellationTokenSource(Eventually.Bound);
        int read = await _stream.ReadAsync(_buffer, bound.Token);
        _text.Append(_characters, 0, _decoder.GetChars(_buffer, 0, read, _characters, 0, flush: false));
        return read > 0;
    }
}
