using System.Text;

namespace Busbar.Tests.Scenarios;

/// <summary>A stream read step by step.</summary>
internal sealed class StreamText(Stream stream)
{
    private readonly StringBuilder _text = new();
    private readonly byte[] _buffer = new byte[16 * 1024];

    /// <summary>What came so far.</summary>
    public string Text => _text.ToString();

    /// <summary>Reads on until <paramref name="part"/> has come; its absence is a failure.</summary>
    public async Task ReadUntilAsync(string part)
    {
        while (!Text.Contains(part, StringComparison.Ordinal))
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
        int read = await stream.ReadAsync(_buffer, bound.Token);
        _text.Append(Encoding.UTF8.GetString(_buffer, 0, read));
        return read > 0;
    }
}
